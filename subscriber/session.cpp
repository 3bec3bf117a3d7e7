// SPDX-License-Identifier: Apache-2.0
#include "subscriber/session.hpp"

#include "cattle/subscriber/event.hpp"
#include "subscriber/excerpt.hpp"
#include "subscriber/quiet.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <charconv>

namespace cattle::subscriber {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;

namespace {

constexpr std::size_t kLargestKeepAlive = 1024;
constexpr std::size_t kLargestLogout = 64;

bool blank(const std::string& frame) {
  return frame.find_first_not_of(" \t\r\n") == std::string::npos;
}

/// The server says that it ends this subscription (protocol 1.6.2).
bool is_logout(const std::string& frame) {
  if (frame.size() > kLargestLogout || frame.find("\"logout\"") == std::string::npos) return false;
  const auto message = nlohmann::json::parse(frame, nullptr, false);
  return message.is_object() && message.value("name", nlohmann::json()) == "logout";
}

/// The server's ping event that wants no reply (E2).
bool is_keep_alive(const std::string& frame) {
  if (frame.size() > kLargestKeepAlive || frame.find("\"ping\"") == std::string::npos) return false;
  try {
    const Event event = decode_event(frame, {});
    return event.name == "ping" && !event.wants_reply();
  } catch (const FrameError&) {
    return false;
  }
}

struct StatusLine {
  int status = 0;  ///< 0: it is none.
  std::string reason;
};

StatusLine parse_status_line(const std::string& answer) {
  constexpr std::size_t kStatusAt = 9;  // "HTTP/1.1 401 Unauthorized"
  constexpr std::size_t kReasonAt = 13;
  StatusLine line;
  const auto end = answer.find("\r\n");
  if (!answer.starts_with("HTTP/1.") || end == std::string::npos || end < kReasonAt - 1) return line;
  std::from_chars(&answer[kStatusAt], &answer[kReasonAt - 1], line.status);
  if (end > kReasonAt) line.reason = excerpt(answer.substr(kReasonAt, end - kReasonAt));
  return line;
}

Trouble trouble_of(int status) {
  switch (status) {
    case 401:
      return Trouble::bad_credentials;
    case 403:
      return Trouble::agent_gone;
    case 404:
      return Trouble::not_found;
    case 422:
      return Trouble::ambiguous_agent;
    default:
      return status >= 500 ? Trouble::unreachable : Trouble::refused;
  }
}

/// What a bare status does not tell a person (E21, protocol 1.4).
const char* explanation(Trouble trouble) {
  switch (trouble) {
    case Trouble::bad_credentials:
      return " (the server does not know this key)";
    case Trouble::agent_gone:
      return " (no usable agent behind this key, or no access to this project)";
    case Trouble::ambiguous_agent:
      return " (more than one agent behind this key: give an agent id)";
    case Trouble::not_found:
      return " (this key needs a project in the path, or the server's address is wrong)";
    default:
      return "";
  }
}

}  // namespace

Session::Session(std::shared_ptr<Link> link, const SubscriptionOptions& options,
                 std::function<void()> on_received, std::function<void(std::string)> on_frame)
    : link_(std::move(link)),
      options_(options),
      on_received_(std::move(on_received)),
      on_frame_(std::move(on_frame)),
      stream_(*link_),
      tick_(link_->get_executor()) {}

asio::awaitable<std::optional<Outage>> Session::upgrade(const Address& address) {
  stream_.set_option(websocket::stream_base::decorator([&address](websocket::request_type& request) {
    request.set(beast::http::field::user_agent, "cattle-subscriber");
    if (!address.authorization.empty())
      request.set(beast::http::field::authorization, address.authorization.reveal());
    // Without it a server with its security off takes any key for the administrator's (R10).
    request.set("X-ENFORCE-AUTHENTICATION", "true");
  }));
  stream_.read_message_max(options_.max_frame);
  link_->await_answer(options_.upgrade_timeout, options_.answer_timeout);
  const auto [error] = co_await stream_.async_handshake(answer_, address.authority, address.target, kQuiet);
  if (error) co_return refused(error);
  link_->clear_deadline();
  co_return std::nullopt;
}

std::string Session::answer_header(const std::string& name) const {
  return std::string(answer_[name]);
}

asio::awaitable<Outage> Session::read() {
  stream_.control_callback([this](websocket::frame_type type, beast::string_view) {
    received();
    if (type != websocket::frame_type::close) served_ = true;
  });
  last_received_ = last_data_ = Clock::now();
  ping_at_ = last_received_ + std::min(options_.ping_interval, options_.silence / 4);
  tick();
  error_code error;
  std::string frame;
  while (!error) {
    std::size_t size = 0;
    std::tie(error, size) = co_await stream_.async_read_some(asio::buffer(chunk_), kQuiet);
    if (size > 0) {
      received();
      last_data_ = last_received_;
    }
    if (error) break;
    // Binary messages mean nothing here, however long they are.
    if (stream_.got_text()) frame.append(chunk_.data(), size);
    if (!stream_.is_message_done()) continue;
    if (!frame.empty() && !take(std::exchange(frame, {}))) break;
    served_ = true;
  }
  tick_.cancel();
  link_->close();
  co_return ended(error);
}

/// False when the server took its leave.
bool Session::take(std::string frame) {
  if (blank(frame)) return true;
  if (is_logout(frame)) return false;
  if (is_keep_alive(frame)) ++keep_alives_;
  on_frame_(std::move(frame));
  return true;
}

void Session::received() {
  last_received_ = Clock::now();
  on_received_();
}

/// A server that hangs behind a live WebSocket layer still answers our pings. So once it has shown that it
/// sends keep-alive events, only data proves that it lives; until then any frame does.
Session::Clock::time_point Session::dead_at() const {
  return (keep_alives_ >= 2 ? last_data_ : last_received_) + options_.silence;
}

/// Wakes for the next ping, and between two only where silence has lasted for too long by then.
void Session::tick() {
  tick_.expires_at(std::min(ping_at_, dead_at()));
  tick_.async_wait([self = shared_from_this()](const error_code& ended) {
    if (ended || self->closing_ || self->link_->closed()) return;
    const auto now = Clock::now();
    if (now >= self->dead_at()) {
      self->silent_ = true;
      self->link_->close();
      return;
    }
    if (now >= self->ping_at_) self->ping(now);
    self->tick();
  });
}

void Session::ping(Clock::time_point now) {
  ping_at_ = now + std::min(options_.ping_interval, options_.silence / 4);
  if (!std::exchange(pinging_, true))
    stream_.async_ping({}, [self = shared_from_this()](const error_code&) { self->pinging_ = false; });
}

void Session::close() {
  if (std::exchange(closing_, true)) return;
  tick_.cancel();
  link_->set_deadline(options_.close_timeout);
  stream_.async_close(websocket::close_code::normal,
                      [self = shared_from_this()](const error_code&) { self->link_->close(); });
}

Outage Session::refused(const error_code& error) const {
  if (error == websocket::error::upgrade_declined)
    return refused_with(static_cast<int>(answer_.result_int()), std::string(answer_.reason()),
                        answer_.body());
  // A body without an end, or more headers than are read, refuses as well.
  if (const auto line = parse_status_line(link_->answer_begin()); line.status >= 300)
    return refused_with(line.status, line.reason, "");
  Outage outage;
  outage.step = Step::upgrade;
  outage.detail = "no answer that accepts the subscription: " +
                  (link_->timed_out() ? std::string("no answer in time") : error.message());
  return outage;
}

Outage Session::refused_with(int status, const std::string& reason, const std::string& body) const {
  Outage outage;
  outage.step = Step::upgrade;
  outage.status = status;
  outage.refusal = true;
  outage.trouble = trouble_of(status);
  outage.detail = "HTTP " + std::to_string(status) + " " + reason + explanation(outage.trouble);
  if (const std::string words = excerpt(body); !words.empty()) outage.detail += ": " + words;
  return outage;
}

Outage Session::ended(const error_code& error) const {
  Outage outage;
  outage.step = Step::read;
  outage.trouble = Trouble::closed;
  if (silent_) {
    outage.trouble = Trouble::silent;
    outage.detail = "nothing was received for " + std::to_string(options_.silence.count()) + " ms";
  } else if (!error) {
    outage.detail = "the server logged this subscription out";
  } else if (error == websocket::error::closed) {
    outage.detail = "the server closed the subscription (code " + std::to_string(stream_.reason().code) + ")";
  } else if (error == asio::error::eof || error == asio::error::connection_reset ||
             error == asio::ssl::error::stream_truncated) {
    outage.detail = "the connection ended without a close frame";
  } else {
    outage.detail = "reading failed: " + error.message();
  }
  return outage;
}

}  // namespace cattle::subscriber
