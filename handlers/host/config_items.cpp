// SPDX-License-Identifier: Apache-2.0
#include "handlers/host/config_items.hpp"

#include "handlers/call_wait.hpp"
#include "handlers/errors.hpp"
#include "handlers/host/text_file.hpp"

#include <filesystem>
#include <system_error>

namespace cattle::handlers {
namespace {

constexpr auto kLatest = "latest";
constexpr std::chrono::milliseconds kLeastFetchTime{
    1'000};  ///< However late it is: late is better than never.
constexpr auto kKeyInArchive = "content-home/etc/cattle/api.crt";
constexpr mode_t kReadable = 0644;
constexpr int kOk = 200;
constexpr int kNotFound = 404;
constexpr int kNoSuchMethod = 405;

/// A proxy that asks to sign in answers 200, too: only what looks like an item is one.
bool looks_like_archive(const std::string& body) {
  return body.starts_with("\x1f\x8b") || body.starts_with("version:");
}

std::string without_space_at_end(std::string text) {
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  return text;
}

/// Of "pyagent-3-ab12" and "3-ab12": the part that stands for the content. The number before it only counts
/// how often the item was asked for.
std::string source_of(const std::string& version) {
  return version.substr(version.rfind('-') + 1);
}

/// What is there already is not applied anew (S30).
void place(const std::filesystem::path& path, const std::string& content) {
  if (read_text_file(path.string()) == content) return;
  std::filesystem::create_directories(path.parent_path());
  place_text_file(path.string(), content, kReadable, WhenPresent::replace);
}

}  // namespace

ConfigItems::ConfigItems(ConfigItemOptions options, const http::Client& server)
    : options_(std::move(options)), server_(server) {}

std::optional<std::string> ConfigItems::take(const std::string& item, Context& context) const {
  if (context.call.rehearse) return rehearse(item, context);
  try {
    if (item == "host-config") return take_host_config(context);
    if (item == "pyagent" && has_record_of_program()) return take_program(context);
  } catch (const http::TransportError& error) {
    context.log.warn("config item " + item + " could not be fetched: " + error.what());
    return std::nullopt;
  } catch (const OperationError& error) {
    context.log.warn("config item " + item + " is refused and not acknowledged: " + error.what());
    return std::nullopt;
  } catch (const std::system_error& error) {
    context.log.warn("config item " + item + " could not be stored and is not acknowledged: " + error.what());
    return std::nullopt;
  }
  return kLatest;
}

std::string ConfigItems::current(const std::string& item) const {
  return without_space_at_end(read_text_file(options_.home + "/download/" + item + "/current").value_or(""));
}

/// Without a record of what runs, nothing can be said to be newer, and ending would begin a circle.
bool ConfigItems::has_record_of_program() const {
  return options_.server_owns_program && !current("pyagent").empty();
}

std::string ConfigItems::target_of(const std::string& item) const {
  return "/configcontent/" + http::escape(item) + "?current=" + http::escape(current(item));
}

/// What would come is not known: nothing is taken, and no version but the latest can be acknowledged.
std::optional<std::string> ConfigItems::rehearse(const std::string& item, const Context& context) const {
  if (item == "host-config" || (item == "pyagent" && has_record_of_program())) {
    (void)context.call.rehearse({"GET", target_of(item), "", "server"});
  }
  return kLatest;
}

/// That this agent has no such item is said by a 404, by an answer without content, or by a server that only
/// takes acknowledgements (405). An acknowledgement after anything else would have the server take for
/// applied what never came, and it would not ask again.
std::optional<ConfigArchive> ConfigItems::fetch(const std::string& item, const Context& context) const {
  http::Request request;
  request.target = target_of(item);
  request.timeout = time_left(context.deadline, kLeastFetchTime, options_.request_limit);
  const auto response = server_.send(request, context.call.stop);
  if (response.status == kNotFound || response.status == kNoSuchMethod) return std::nullopt;
  if (response.status == kOk && response.body.empty()) return std::nullopt;
  if (response.status != kOk) throw OperationError("the server answered " + std::to_string(response.status));
  if (!looks_like_archive(response.body)) throw OperationError("the server's answer is no archive");
  return read_config_archive(response.body);
}

std::optional<std::string> ConfigItems::take_host_config(Context& context) const {
  const auto archive = fetch("host-config", context);
  if (!archive) {
    context.log.debug("config item host-config is not assigned to this agent");
    return kLatest;
  }
  if (archive->up_to_date) return archive->version;
  const auto key = archive->files.find(kKeyInArchive);
  if (key == archive->files.end()) throw OperationError(std::string("it holds no ") + kKeyInArchive);
  install_key(archive->version, key->second);
  context.log.info("config item host-config " + archive->version + " installed");
  return archive->version.empty() ? kLatest : archive->version;
}

void ConfigItems::install_key(const std::string& version, const std::string& key) const {
  const std::filesystem::path home(options_.home);
  place(home / "etc/cattle/api.crt", key);
  place(home / "download/host-config/current", "host-config-" + version + "\n");
  // Under the stock loop a new stamp would end this very program; a new key takes effect without that.
  if (options_.server_owns_program) return;
  for (const auto* stamp : {".pyagent-stamp", ".node-agent-stamp"}) place(home / stamp, version + "\n");
}

std::string ConfigItems::made_room_file() const {
  return options_.home + "/download/pyagent/made-room-for";
}

/// With what the stock loop says of the running program: its number grows with every one that it installs.
std::string ConfigItems::room_made_for(const std::string& version) const {
  return source_of(version) + " in place of " + current("pyagent");
}

bool ConfigItems::is_other_program(const std::string& version) const {
  const auto wanted = source_of(version);
  if (wanted.empty() || wanted == source_of(current("pyagent"))) return false;
  // We ended for this one before, and nothing was installed since: the stock loop could not. Ending again
  // would begin a circle.
  return room_made_for(version) != without_space_at_end(read_text_file(made_room_file()).value_or(""));
}

std::optional<std::string> ConfigItems::take_program(Context& context) const {
  const auto archive = fetch("pyagent", context);
  if (!archive) return kLatest;
  if (!archive->up_to_date && is_other_program(archive->version) && options_.request_exit) {
    context.log.info("the server names another program: " + archive->version);
    place(made_room_file(), room_made_for(archive->version) + "\n");
    options_.request_exit("the server names another program (config item pyagent " + archive->version + ")");
  }
  return archive->version.empty() ? kLatest : archive->version;
}

}  // namespace cattle::handlers
