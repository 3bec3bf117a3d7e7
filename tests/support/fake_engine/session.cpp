// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_engine/session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/url/parse.hpp>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <thread>

namespace cattle::support {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kSlowPiece = 16;
constexpr std::chrono::milliseconds kLook{5};

/// Beast reads from anything with read_some; a plain descriptor keeps shutdown() from another thread simple.
struct Descriptor {
  int socket;

  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers, boost::system::error_code& error) const {
    const boost::asio::mutable_buffer buffer = *boost::asio::buffer_sequence_begin(buffers);
    const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), 0);
    error = got > 0    ? boost::system::error_code()
            : got == 0 ? boost::asio::error::make_error_code(boost::asio::error::eof)
                       : boost::system::error_code(errno, boost::system::system_category());
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers) const {
    boost::system::error_code error;
    const std::size_t got = read_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return got;
  }
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

/// "/v1.24/info" → version "1.24", path "/info".
void cut_version(EngineCall& call) {
  if (call.path.rfind("/v", 0) != 0 || call.path.size() < 3 ||
      std::isdigit(static_cast<unsigned char>(call.path[2])) == 0) {
    return;
  }
  const auto slash = call.path.find('/', 1);
  call.api_version = call.path.substr(2, slash == std::string::npos ? slash : slash - 2);
  call.path = slash == std::string::npos ? "/" : call.path.substr(slash);
}

EngineCall to_call(http::request<http::string_body>& request) {
  EngineCall call;
  call.method = std::string(request.method_string());
  const auto target = request.target();
  const auto url = boost::urls::parse_origin_form({target.data(), target.size()});
  if (url) {
    call.path = url->path();
    for (const auto& parameter : url->params()) call.query[parameter.key] = parameter.value;
  } else {
    call.path = std::string(target);
  }
  cut_version(call);
  for (const auto& field : request)
    call.headers[lower(std::string(field.name_string()))] = std::string(field.value());
  call.body = std::move(request.body());
  return call;
}

}  // namespace

struct EngineSession::Reader {
  Descriptor descriptor;
  boost::beast::flat_buffer buffer;
};

EngineSession::EngineSession(int socket, std::function<bool()> stopping)
    : socket_(socket), stopping_(std::move(stopping)), reader_(std::make_unique<Reader>()) {
  reader_->descriptor.socket = socket;
}

EngineSession::~EngineSession() = default;

std::optional<EngineCall> EngineSession::read() {
  if (stopping_()) return std::nullopt;
  http::request_parser<http::string_body> parser;
  parser.body_limit(boost::none);
  boost::system::error_code error;
  http::read(reader_->descriptor, reader_->buffer, parser, error);
  if (error) return std::nullopt;
  auto request = parser.release();
  return to_call(request);
}

bool EngineSession::gone() const {
  if (stopping_()) return true;
  pollfd polled{socket_, POLLRDHUP, 0};
  return ::poll(&polled, 1, 0) > 0 && (polled.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void EngineSession::pause(std::chrono::milliseconds time) const {
  const auto end = std::chrono::steady_clock::now() + time;
  wait_until([end] { return std::chrono::steady_clock::now() >= end; });
}

void EngineSession::wait_until(const std::function<bool()>& condition) const {
  while (!condition() && !gone()) std::this_thread::sleep_for(kLook);
}

bool EngineSession::write(const Answer& answer, const std::optional<Fault>& fault) {
  const bool in_pieces = answer.next || (fault && fault->kind == Fault::Kind::slow);
  std::ostringstream head;
  head << "HTTP/1.1 " << answer.status << ' '
       << http::obsolete_reason(static_cast<http::status>(answer.status))
       << "\r\nApi-Version: " << api_version_ << "\r\nServer: " << server_
       << "\r\nDocker-Experimental: false\r\nOstype: linux\r\n";
  const bool bodiless = answer.status == 204 || answer.status == 304;
  if (!bodiless) head << "Content-Type: " << answer.content_type << "\r\n";
  if (in_pieces) {
    head << "Transfer-Encoding: chunked\r\n";
  } else if (!bodiless) {
    head << "Content-Length: " << answer.body.size() << "\r\n";
  }
  head << "\r\n";
  std::size_t written = 0;
  if (!in_pieces) {
    if (fault && fault->kind == Fault::Kind::cut) {
      send(head.str() + answer.body.substr(0, fault->bytes));
      return false;
    }
    return send(head.str() + (bodiless ? "" : answer.body));
  }
  if (!send(head.str())) return false;
  if (!answer.next) return write_piece(answer.body, fault, written) && send("0\r\n\r\n");
  while (auto piece = answer.next([this] { return gone(); })) {
    if (!write_piece(*piece, fault, written)) return false;
  }
  return !gone() && send("0\r\n\r\n");
}

bool EngineSession::write_piece(std::string_view piece, const std::optional<Fault>& fault,
                                std::size_t& written) {
  const bool slow = fault && fault->kind == Fault::Kind::slow;
  const bool cut = fault && fault->kind == Fault::Kind::cut;
  while (!piece.empty()) {
    std::size_t size = slow ? std::min(piece.size(), kSlowPiece) : piece.size();
    if (cut) size = std::min(size, fault->bytes - written);
    if (size > 0) {
      std::ostringstream chunk;
      chunk << std::hex << size << "\r\n" << piece.substr(0, size) << "\r\n";
      if (!send(chunk.str())) return false;
    }
    written += size;
    piece.remove_prefix(size);
    if (cut && written >= fault->bytes) return false;
    if (slow) pause(fault->pause);
  }
  return true;
}

bool EngineSession::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace cattle::support
