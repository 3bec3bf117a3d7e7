// SPDX-License-Identifier: Apache-2.0
#include "agent/commands/entry_point.hpp"

#include "agent/commands/run.hpp"
#include "agent/commands/surroundings.hpp"
#include "agent/commands/tls_explanation.hpp"
#include "agent/exit_code.hpp"
#include "agent/registration/failure.hpp"
#include "agent/registration/host_inspection.hpp"
#include "agent/registration/share_mounts.hpp"
#include "docker-client/http/client.hpp"

#include <unistd.h>

#include <charconv>
#include <csignal>
#include <exception>
#include <iostream>

namespace cattle::agent::commands {
namespace {

int exec_words(const std::vector<std::string>& words) {
  if (words.empty()) return exit_code::kSuccess;
  std::vector<std::string> copies(words);
  std::vector<char*> argv;
  argv.reserve(copies.size() + 1);
  for (auto& word : copies) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execvp(argv.front(), argv.data());
  // busybox is in the image for this mode alone; its applets have no names of their own there.
  argv.insert(argv.begin(), const_cast<char*>("busybox"));
  ::execv("/bin/busybox", argv.data());
  std::cerr << "can't run " << words.front() << '\n';
  return exit_code::kUnexpected;
}

/// Process 1 of a container ignores what it has no handler for: Ctrl-C at a registration that waits for its
/// server would do nothing.
void end_on_signals() {
  for (const int number : {SIGINT, SIGTERM}) {
    struct sigaction action {};
    action.sa_handler = [](int) { ::_exit(exit_code::kUnexpected); };
    ::sigaction(number, &action, nullptr);
  }
}

int register_from_container(const std::string& url, const config::Environment& environment) {
  const http::Library library;
  const auto here = image_surroundings(environment);
  if (url.empty()) {
    here.surroundings.say("nothing to do: RANCHER_URL is not set");
    return exit_code::kSuccess;
  }
  end_on_signals();
  try {
    registration::register_and_launch(url, here.surroundings);
    return exit_code::kSuccess;
  } catch (const registration::Failure& failure) {
    std::cerr << "ERROR: " << explanation(failure, url, registration::server_options(here.surroundings))
              << '\n';
    return exit_code::kUnexpected;
  }
}

int upgrade_here(const config::Environment& environment) {
  const http::Library library;
  const auto here = image_surroundings(environment);
  // With the old one back all is well again; a failure would have the engine run this anew.
  (void)registration::upgrade_agent(here.surroundings);
  return exit_code::kSuccess;
}

int run_mode(const std::vector<std::string>& arguments, const config::Environment& environment) {
  const auto& mode = arguments.front();
  if (mode.find("http") != std::string::npos) return register_from_container(mode, environment);
  if (mode == "register")
    return register_from_container(environment("RANCHER_URL").value_or(""), environment);
  if (mode == "upgrade") return upgrade_here(environment);
  if (mode == "run") {
    const int code = run_in_image(image_surroundings(environment).surroundings.environment);
    return code == exit_code::kSuccess ? code : exit_code::kUnexpected;
  }
  if (mode == "--") return exec_words({arguments.begin() + 1, arguments.end()});
  if (mode == "state") std::cout << "Rancher State\n";
  if (mode == "inspect-host") {
    registration::inspect_host({}, registration::handed_over(environment),
                               [](const std::string& line) { std::cout << line << '\n'; });
  }
  return exit_code::kSuccess;
}

/// 0 when the text is no process id.
pid_t process_of(const std::string& text) {
  pid_t process = 0;
  const char* last = text.data() + text.size();
  const auto result = std::from_chars(text.data(), last, process);
  return result.ptr == last && process > 0 ? process : 0;
}

}  // namespace

int entry_point(const std::vector<std::string>& arguments, const config::Environment& environment) {
  if (arguments.empty()) {
    std::cerr << "one argument is needed: the URL of the server's Add Host page\n";
    return exit_code::kUnexpected;
  }
  try {
    return run_mode(arguments, environment);
  } catch (const std::exception& error) {
    std::cerr << "ERROR: " << error.what() << '\n';
    return exit_code::kUnexpected;
  }
}

int share_mounts(const std::vector<std::string>& words) {
  const auto process = process_of(words.front());
  if (process == 0) return exit_code::kUsage;
  const auto failures = registration::share_mounts(process, {words.begin() + 1, words.end()});
  for (const auto& failure : failures) std::cerr << failure << '\n';
  return failures.empty() ? exit_code::kSuccess : exit_code::kUnexpected;
}

int unshare_mounts(const std::vector<std::string>& words) {
  const auto process = process_of(words.front());
  if (process == 0) return exit_code::kUsage;
  const auto result = registration::unshare_mounts(process, {words.begin() + 1, words.end()});
  for (const auto& path : result.in_use)
    std::cout << "the shared mount " << path << " is kept, in use; uninstall again later\n";
  for (const auto& failure : result.failures) std::cerr << failure << '\n';
  return result.failures.empty() ? exit_code::kSuccess : exit_code::kUnexpected;
}

int load_modules(const std::vector<std::string>& words) {
  const auto process = process_of(words.front());
  if (process == 0) return exit_code::kUsage;
  registration::run_for_each(process, "/sbin/modprobe", {words.begin() + 1, words.end()});
  return exit_code::kSuccess;
}

}  // namespace cattle::agent::commands
