// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace cattle::docker {

/// Takes apart stdout and stderr of a container without TTY: frames of one byte stream number, three zero
/// bytes, four bytes length (big endian), content. Content is passed on as it comes, a frame perhaps in
/// pieces; nothing is held.
class MultiplexedStream {
 public:
  using OnOutput = std::function<void(int stream, std::string_view bytes)>;

  MultiplexedStream(std::string operation, OnOutput on_output);

  /// Any cut. Throws Error::bad_response on a header that is none (stream numbers are 0, 1 and 2; 0 counts as
  /// stdout).
  void feed(std::string_view bytes);
  /// Throws Error::bad_response when the stream ended inside a frame.
  void finish() const;

 private:
  void begin_frame();

  std::string operation_;
  OnOutput on_output_;
  std::array<unsigned char, 8> header_{};
  std::size_t header_size_ = 0;
  std::size_t left_ = 0;  ///< Bytes of the current frame that are still to come.
};

}  // namespace cattle::docker
