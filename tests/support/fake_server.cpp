// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_server.hpp"

#include "tests/support/fake_server_state.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <openssl/evp.h>

#include <algorithm>

namespace cattle::support {
namespace asio = boost::asio;
using asio::ip::tcp;

std::string basic_credentials(const std::string& user, const std::string& password) {
  const std::string text = user + ":" + password;
  std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  encoded.resize(static_cast<std::size_t>(length));
  return "Basic " + encoded;
}

std::vector<std::string> ServerRequest::values(const std::string& parameter) const {
  std::vector<std::string> found;
  for (const auto& [name, value] : query)
    if (name == parameter) found.push_back(value);
  return found;
}

std::string ServerRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

void FakeServer::State::run(const std::function<void()>& action) {
  std::promise<void> done;
  asio::post(io, [&] {
    action();
    done.set_value();
  });
  done.get_future().wait();
}

void FakeServer::State::each_session(const std::function<void(FakeSession&)>& action) {
  run([&] {
    for (const auto& entry : sessions)
      if (const auto session = entry.lock()) action(*session);
  });
}

void FakeServer::State::push(const Outgoing& outgoing) {
  each_session([&](FakeSession& session) { session.push(outgoing); });
}

std::optional<ServerAnswer> FakeServer::State::take_answer(const std::string& path) {
  const std::lock_guard lock(mutex);
  const auto found = std::find_if(answers.begin(), answers.end(), [&](const ScriptedAnswer& entry) {
    return path.ends_with(entry.path_end);
  });
  if (found == answers.end()) return std::nullopt;
  ServerAnswer answer = found->answer;
  if (found->times > 0 && --found->times == 0) answers.erase(found);
  return answer;
}

FakeServer::FakeServer(FakeServerOptions options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  state_->thread = std::jthread([&state = *state_] {
    const auto guard = asio::make_work_guard(state.io);
    state.io.run();
  });
  start();
}

FakeServer::~FakeServer() {
  stop();
  state_->io.stop();
  state_->thread.join();
}

void FakeServer::start() {
  const bool tls = !state_->options.certificate_file.empty();
  const auto listen = [this](std::uint16_t port) {
    auto acceptor = std::make_shared<State::Acceptor>(state_->io);
    acceptor->open(tcp::v4());
    acceptor->set_option(asio::socket_base::reuse_address(true));
    acceptor->bind({asio::ip::make_address("127.0.0.1"), port});
    acceptor->listen();
    state_->acceptors.emplace_back(acceptor);
    return acceptor;
  };
  state_->run([&] {
    auto plain = listen(state_->plain_port);
    state_->plain_port = plain->local_endpoint().port();
    asio::co_spawn(state_->io, accept_plain(*state_, plain), asio::detached);
    if (!tls) {
      state_->port = state_->plain_port;
      return;
    }
    auto front = listen(state_->port);
    state_->port = front->local_endpoint().port();
    asio::co_spawn(state_->io, accept_tls(*state_, front), asio::detached);
  });
}

void FakeServer::stop() {
  state_->run([this] {
    boost::system::error_code ignored;
    for (const auto& entry : state_->acceptors)
      if (const auto acceptor = entry.lock()) acceptor->close(ignored);
    for (const auto& entry : state_->sockets)
      if (const auto socket = entry.lock()) socket->close(ignored);
    state_->acceptors.clear();
    state_->sockets.clear();
  });
}

std::string FakeServer::url(const std::string& path, const std::string& host) const {
  const std::string scheme = state_->options.certificate_file.empty() ? "http" : "https";
  return scheme + "://" + host + ":" + std::to_string(state_->port) + path;
}

std::uint16_t FakeServer::port() const {
  return state_->port;
}

void FakeServer::answer(const std::string& path_end, ServerAnswer answer, int times) {
  const std::lock_guard lock(state_->mutex);
  auto& answers = state_->answers;
  if (times < 0)
    answers.erase(std::remove_if(answers.begin(), answers.end(),
                                 [&](const ScriptedAnswer& entry) {
                                   return entry.times < 0 && entry.path_end == path_end;
                                 }),
                  answers.end());
  answers.push_back({path_end, std::move(answer), times});
}

void FakeServer::forget_answers() {
  const std::lock_guard lock(state_->mutex);
  state_->answers.clear();
}

void FakeServer::send(const std::string& text) {
  state_->push({Outgoing::Kind::text, text});
}
void FakeServer::send_binary(const std::string& bytes) {
  state_->push({Outgoing::Kind::binary, bytes});
}
void FakeServer::send_fragmented(const std::string& text, std::size_t piece, bool ping_between) {
  state_->push({Outgoing::Kind::fragments, text, piece, ping_between});
}
void FakeServer::send_ping(const std::string& payload) {
  state_->push({Outgoing::Kind::ping, payload});
}
void FakeServer::send_raw(const std::string& bytes) {
  state_->push({Outgoing::Kind::raw, bytes});
}
void FakeServer::close(std::uint16_t code, const std::string& reason) {
  state_->push({Outgoing::Kind::close, reason, 0, false, code});
}
void FakeServer::ignore_open_connections() {
  state_->run([this] { state_->ignored = state_->connections; });
}

void FakeServer::freeze() {
  state_->each_session([](FakeSession& session) { session.freeze(); });
}
void FakeServer::cut() {
  state_->each_session([](FakeSession& session) { session.cut(); });
}

void FakeServer::keep_alive(std::chrono::milliseconds every) {
  state_->run([&] {
    state_->keep_alive = every;
    const unsigned round = ++state_->keep_alive_round;
    if (every.count() > 0) asio::co_spawn(state_->io, keep_alive_loop(*state_, round), asio::detached);
  });
}

std::size_t FakeServer::subscribed() const {
  const std::lock_guard lock(state_->mutex);
  return state_->subscribed;
}

std::size_t FakeServer::open() const {
  const std::lock_guard lock(state_->mutex);
  return state_->open;
}

std::size_t FakeServer::most_open() const {
  const std::lock_guard lock(state_->mutex);
  return state_->most_open;
}

std::size_t FakeServer::pings() const {
  const std::lock_guard lock(state_->mutex);
  return state_->pings;
}

std::vector<std::string> FakeServer::pongs() const {
  const std::lock_guard lock(state_->mutex);
  return state_->pongs;
}

std::vector<std::uint16_t> FakeServer::close_codes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->close_codes;
}

std::size_t FakeServer::early_bytes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->early_bytes;
}

std::vector<ServerRequest> FakeServer::requests(const std::string& path_end) const {
  const std::lock_guard lock(state_->mutex);
  std::vector<ServerRequest> found;
  for (const auto& request : state_->requests)
    if (request.path.ends_with(path_end)) found.push_back(request);
  return found;
}

std::vector<nlohmann::json> FakeServer::replies() const {
  const std::lock_guard lock(state_->mutex);
  return state_->replies;
}

namespace {

bool answers_event(const nlohmann::json& reply, const std::string& event_id) {
  const auto previous = reply.find("previousIds");
  return previous != reply.end() && previous->is_array() && !previous->empty() &&
         previous->front() == event_id;
}

bool is_final_answer(const nlohmann::json& reply, const std::string& event_id) {
  return answers_event(reply, event_id) && reply.value("transitioning", "no") != "yes";
}

}  // namespace

std::vector<nlohmann::json> FakeServer::replies_to(const std::string& event_id) const {
  const std::lock_guard lock(state_->mutex);
  std::vector<nlohmann::json> found;
  for (const auto& reply : state_->replies)
    if (answers_event(reply, event_id)) found.push_back(reply);
  return found;
}

std::size_t FakeServer::count_final_replies_to(const std::string& event_id) const {
  const std::lock_guard lock(state_->mutex);
  return static_cast<std::size_t>(
      std::count_if(state_->replies.begin(), state_->replies.end(),
                    [&](const nlohmann::json& reply) { return is_final_answer(reply, event_id); }));
}

bool FakeServer::wait_subscribed(std::size_t count, Timeout timeout) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, timeout, [&] { return state_->subscribed >= count; });
}

bool FakeServer::wait_requests(const std::string& path_end, std::size_t count, Timeout timeout) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, timeout, [&] {
    const auto& all = state_->requests;
    const auto found =
        std::count_if(all.begin(), all.end(), [&](const auto& r) { return r.path.ends_with(path_end); });
    return static_cast<std::size_t>(found) >= count;
  });
}

bool FakeServer::wait_replies(std::size_t count, Timeout timeout) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, timeout, [&] { return state_->replies.size() >= count; });
}

std::optional<nlohmann::json> FakeServer::wait_reply(const std::string& event_id, Timeout timeout) const {
  std::unique_lock lock(state_->mutex);
  std::optional<nlohmann::json> found;
  state_->changed.wait_for(lock, timeout, [&] {
    for (const auto& reply : state_->replies)
      if (is_final_answer(reply, event_id)) found = reply;
    return found.has_value();
  });
  return found;
}

}  // namespace cattle::support
