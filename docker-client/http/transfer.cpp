// SPDX-License-Identifier: Apache-2.0
#include "docker-client/http/transfer.hpp"

#include "docker-client/http/transport_error.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <new>
#include <system_error>

namespace cattle::http {
namespace {

using Kind = TransportError::Kind;

constexpr std::size_t kMaxBody = std::size_t{512} << 20;
constexpr std::size_t kMaxErrorBody = std::size_t{1} << 20;
constexpr std::size_t kMaxReserve = std::size_t{1} << 20;
constexpr std::chrono::seconds kTick{1};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return result;
}

/// "HTTP/1.1 200 OK" → 200.
int status_of(std::string_view line) {
  const auto space = line.find(' ');
  int status = 0;
  if (space != std::string_view::npos)
    std::from_chars(line.data() + space + 1, line.data() + line.size(), status);
  return status;
}

/// Keeps the easy handle in its multi handle for as long as it lives.
class Attachment {
 public:
  explicit Attachment(Handle& handle) : handle_(handle) {
    if (curl_multi_add_handle(handle.multi(), handle.easy()) != CURLM_OK) {
      throw TransportError(Kind::other, "libcurl refuses a handle");
    }
  }
  ~Attachment() { curl_multi_remove_handle(handle_.multi(), handle_.easy()); }
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;

 private:
  Handle& handle_;
};

}  // namespace

Transfer::Transfer(const ClientOptions& options, const Request& request, const StreamSink* sink)
    : options_(options), request_(request), sink_(sink) {}

Response Transfer::run(Handle& handle, bool fresh, const std::stop_token& stop) {
  response_ = {};
  failure_ = nullptr;
  got_bytes_ = stale_ = false;
  if (stop.stop_requested()) throw TransportError(Kind::cancelled, peer_name(options_) + ": cancelled");
  set_up(handle, fresh);
  const CURLcode code = drive(handle, stop);
  if (failure_) std::rethrow_exception(failure_);
  if (code == CURLE_OK) return std::move(response_);
  long connections = 0;
  curl_easy_getinfo(handle.easy(), CURLINFO_NUM_CONNECTS, &connections);
  const TransportError error = make_transport_error(handle.easy(), code, handle.error_text(), options_);
  stale_ = error.kind() == Kind::reset && connections == 0 && !got_bytes_;
  throw TransportError(error);
}

void Transfer::set_up(Handle& handle, bool fresh) {
  CURL* easy = handle.easy();
  handle.clear_error_text();
  const std::string url = options_.base_url + request_.target;
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, fresh ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request_.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_write);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  headers_.reset();
  for (const auto* headers : {&options_.headers, &request_.headers}) {
    for (const auto& [name, value] : *headers) add_header(std::string(name).append(": ").append(value));
  }
  set_body(easy);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
}

void Transfer::set_body(CURL* easy) {
  const bool has_body = !request_.body.empty() || !request_.body_file.empty();
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, static_cast<curl_read_callback>(nullptr));
  curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);  // Takes back whatever the call before had set.
  curl_easy_setopt(easy, CURLOPT_NOBODY, request_.method == "HEAD" ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
                   request_.method == "HEAD" ? nullptr : request_.method.c_str());
  if (!has_body && request_.method != "POST" && request_.method != "PUT") return;
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  // An empty value leaves the header out, which libcurl would fill otherwise; no 100-continue round trip
  // either.
  add_header(has_body ? "Content-Type: " + request_.content_type : "Content-Type:");
  add_header("Expect:");
  if (request_.body_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    return;
  }
  std::error_code failed;
  const auto size = std::filesystem::file_size(request_.body_file, failed);
  file_.reset(failed ? nullptr : std::fopen(request_.body_file.c_str(), "rbe"));
  if (!file_) throw TransportError(Kind::other, "the file " + request_.body_file + " can't be read");
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, static_cast<const char*>(nullptr));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(size));
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, &Transfer::on_read);
  curl_easy_setopt(easy, CURLOPT_READDATA, this);
  curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, &Transfer::on_seek);
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, this);
}

void Transfer::add_header(const std::string& line) {
  // A line break in a value would let its source write headers of its own.
  if (line.find_first_of("\r\n") != std::string::npos) {
    throw TransportError(Kind::other, "a header holds a line break");
  }
  curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  if (!headers_) headers_.reset(longer);
}

CURLcode Transfer::drive(Handle& handle, const std::stop_token& stop) {
  last_byte_ = Clock::now();
  next_tick_ = last_byte_ + kTick;
  const Attachment attachment(handle);
  const std::stop_callback wake(stop, [multi = handle.multi()] { curl_multi_wakeup(multi); });
  int running = 1;
  while (true) {
    const CURLMcode performed = curl_multi_perform(handle.multi(), &running);
    if (performed != CURLM_OK) throw TransportError(Kind::other, curl_multi_strerror(performed));
    if (running == 0) break;
    check_time(stop);
    const CURLMcode polled = curl_multi_poll(handle.multi(), nullptr, 0, next_wait(), nullptr);
    if (polled != CURLM_OK) throw TransportError(Kind::other, curl_multi_strerror(polled));
  }
  int left = 0;
  const CURLMsg* message = curl_multi_info_read(handle.multi(), &left);
  return message != nullptr && message->msg == CURLMSG_DONE ? message->data.result : CURLE_RECV_ERROR;
}

void Transfer::check_time(const std::stop_token& stop) {
  if (stop.stop_requested()) throw TransportError(Kind::cancelled, peer_name(options_) + ": cancelled");
  if (sink_ == nullptr && request_.idle_timeout.count() == 0) return;
  const auto now = Clock::now();
  if (request_.idle_timeout.count() > 0 && now - last_byte_ >= request_.idle_timeout) {
    throw TransportError(Kind::idle, peer_name(options_) + ": nothing came for " +
                                         std::to_string(request_.idle_timeout.count()) + " ms");
  }
  if (sink_ != nullptr && sink_->on_tick && now >= next_tick_) {
    next_tick_ = now + kTick;
    sink_->on_tick();
  }
}

int Transfer::next_wait() const {
  std::chrono::milliseconds wait = kTick;
  const auto now = Clock::now();
  const auto until = [now](Clock::time_point time) {
    return std::chrono::ceil<std::chrono::milliseconds>(std::max(time - now, Clock::duration::zero()));
  };
  if (request_.idle_timeout.count() > 0) wait = std::min(wait, until(last_byte_ + request_.idle_timeout));
  if (sink_ != nullptr && sink_->on_tick) wait = std::min(wait, until(next_tick_));
  return static_cast<int>(wait.count());
}

void Transfer::take_header(std::string_view line) {
  got_bytes_ = true;
  last_byte_ = Clock::now();
  if (line.rfind("HTTP/", 0) == 0) {
    response_.headers.clear();
    response_.status = status_of(line);
    return;
  }
  const std::string_view content = trimmed(line);
  if (content.empty()) {
    if (response_.status >= 200 && sink_ != nullptr && sink_->on_head) sink_->on_head(response_);
    return;
  }
  const auto colon = content.find(':');
  if (colon == std::string_view::npos) return;
  response_.headers.emplace_back(lower(content.substr(0, colon)), trimmed(content.substr(colon + 1)));
}

bool Transfer::take_body(std::string_view bytes) {
  last_byte_ = Clock::now();
  const bool good = response_.status >= 200 && response_.status < 300;
  if (sink_ != nullptr && good) {
    sink_->on_bytes(bytes);
    return true;
  }
  if (sink_ != nullptr) {
    response_.body += bytes.substr(0, kMaxErrorBody - response_.body.size());
    return true;
  }
  if (response_.body.size() + bytes.size() > kMaxBody) {
    throw TransportError(Kind::other, peer_name(options_) + ": the answer is larger than 512 MiB");
  }
  if (response_.body.empty()) {
    const std::string* length = response_.header("content-length");
    std::size_t size = 0;
    if (length != nullptr) std::from_chars(length->data(), length->data() + length->size(), size);
    response_.body.reserve(std::max(std::min(size, kMaxReserve), bytes.size()));
  }
  response_.body += bytes;
  return true;
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  try {
    transfer->take_header({data, size * count});
    return size * count;
  } catch (...) {
    transfer->failure_ = std::current_exception();
    return 0;
  }
}

std::size_t Transfer::on_write(char* data, std::size_t size, std::size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  try {
    transfer->take_body({data, size * count});
    return size * count;
  } catch (...) {
    transfer->failure_ = std::current_exception();
    return CURL_WRITEFUNC_ERROR;
  }
}

std::size_t Transfer::on_read(char* data, std::size_t size, std::size_t count, void* self) {
  auto* transfer = static_cast<Transfer*>(self);
  const std::size_t got = std::fread(data, size, count, transfer->file_.get());
  if (got == 0 && std::ferror(transfer->file_.get()) != 0) return CURL_READFUNC_ABORT;
  transfer->last_byte_ = Clock::now();  // Bytes that leave are a sign of life as well.
  return got * size;
}

int Transfer::on_seek(void* self, curl_off_t offset, int origin) {
  auto* transfer = static_cast<Transfer*>(self);
  return std::fseek(transfer->file_.get(), static_cast<long>(offset), origin) == 0 ? CURL_SEEKFUNC_OK
                                                                                   : CURL_SEEKFUNC_FAIL;
}

}  // namespace cattle::http
