// SPDX-License-Identifier: Apache-2.0
#include "agent/event_command.hpp"

#include "agent/answer.hpp"
#include "agent/exit_code.hpp"
#include "agent/redaction.hpp"
#include "agent/rehearsal.hpp"
#include "agent/router.hpp"
#include "handlers/routes.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>

namespace cattle::agent {
namespace {

using nlohmann::json;

/// Notes for the person at the terminal. Any thread.
class TerminalLog : public handlers::EventLog {
 public:
  TerminalLog(std::ostream& notes, const Redaction& redaction) : notes_(notes), redaction_(redaction) {}
  void debug(std::string_view message) override { line("", message); }
  void info(std::string_view message) override { line("", message); }
  void warn(std::string_view message) override { line("warning: ", message); }
  void container(std::string_view docker_id) override { line("container ", docker_id); }

 private:
  void line(std::string_view prefix, std::string_view message) {
    const std::lock_guard lock(mutex_);
    notes_ << "  " << prefix << redaction_.apply(message) << "\n";
  }

  std::ostream& notes_;
  const Redaction& redaction_;
  std::mutex mutex_;
};

class TerminalProgress : public handlers::ProgressSink {
 public:
  explicit TerminalProgress(handlers::EventLog& log) : log_(log) {}
  void report(const std::string& message, std::optional<int> percent) override {
    log_.info("progress: " + message + (percent ? " (" + std::to_string(*percent) + " %)" : ""));
  }
  void repeat() override {}

 private:
  handlers::EventLog& log_;
};

/// Of an event alone or of a capture. Throws FrameError.
subscriber::Event read_event(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw subscriber::FrameError(file + " can't be read");
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto document = json::parse(text, nullptr, false);
  if (document.is_object() && document.contains("event") && document["event"].is_object())
    text = document["event"].dump();
  try {
    return subscriber::decode_event(text, std::chrono::steady_clock::now());
  } catch (const subscriber::FrameError& error) {
    throw subscriber::FrameError(file + " holds no event: " + error.what());
  }
}

void print_reply(const Answer& made, const Redaction& redaction, std::ostream& out) {
  if (!made.body) {
    out << "no reply\n";
    return;
  }
  const auto reply = json::parse(*made.body, nullptr, false);
  out << redaction.document(reply).dump(2) << "\n";
}

}  // namespace

int event_command(const std::string& file, bool dry_run, const AgentOptions& options, std::ostream& out,
                  std::ostream& notes) {
  subscriber::Event event;
  try {
    event = read_event(file);
  } catch (const subscriber::FrameError& error) {
    notes << error.what() << "\n";
    return exit_code::kNoInput;
  }
  const docker::Client engine(options.engine);
  const http::Client server(options.server_api);
  auto host = options.host;
  if (dry_run && !std::filesystem::exists(host.host_key_file)) host.host_key_file.clear();  // None is made.
  const handlers::Handlers handlers(host, engine, server);
  const Router router(handlers.routes());
  const auto* route = router.find(event.name);
  if (route == nullptr) {
    notes << file << " holds an event named " << event.name << ", which the agent does not know\n";
    return exit_code::kNoInput;
  }
  const Redaction redaction(event.data);
  const auto redact = [&redaction](const std::string& text) { return redaction.apply(text); };
  TerminalLog log(notes, redaction);
  TerminalProgress progress(log);
  Rehearsal rehearsal(out, redaction);
  docker::Call call;
  call.observer = [&log](const docker::CallRecord& record) {
    log.debug("engine: " + record.method + " " + record.path + " -> " + std::to_string(record.status));
  };
  if (dry_run)
    call.rehearse = [&rehearsal](const docker::Proposal& proposal) { return rehearsal.answer(proposal); };
  handlers::Context context{progress, log, std::move(call)};
  const auto made = answer(event, *route, context, redact);
  print_reply(made, redaction, out);
  return made.error.empty() ? exit_code::kSuccess : exit_code::kErrorReply;
}

}  // namespace cattle::agent
