// SPDX-License-Identifier: Apache-2.0
#include "docker-client/multiplexed_stream.hpp"

#include "docker-client/error.hpp"

#include <algorithm>
#include <utility>

namespace cattle::docker {

MultiplexedStream::MultiplexedStream(std::string operation, OnOutput on_output)
    : operation_(std::move(operation)), on_output_(std::move(on_output)) {}

void MultiplexedStream::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    if (left_ == 0) {
      header_.at(header_size_++) = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
      if (header_size_ == header_.size()) begin_frame();
      continue;
    }
    const std::size_t count = std::min(left_, bytes.size());
    on_output_(header_[0] == 2 ? 2 : 1, bytes.substr(0, count));
    bytes.remove_prefix(count);
    left_ -= count;
  }
}

void MultiplexedStream::begin_frame() {
  header_size_ = 0;
  if (header_[0] > 2 || header_[1] != 0 || header_[2] != 0 || header_[3] != 0) {
    throw Error(ErrorKind::bad_response, 0, operation_,
                "the engine's output stream has a frame of an unknown kind");
  }
  left_ = (std::size_t{header_[4]} << 24U) | (std::size_t{header_[5]} << 16U) |
          (std::size_t{header_[6]} << 8U) | std::size_t{header_[7]};
}

void MultiplexedStream::finish() const {
  if (left_ == 0 && header_size_ == 0) return;
  throw Error(ErrorKind::bad_response, 0, operation_, "the engine's output stream ended inside a frame");
}

}  // namespace cattle::docker
