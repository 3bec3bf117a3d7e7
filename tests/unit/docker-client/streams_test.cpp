// SPDX-License-Identifier: Apache-2.0
#include "docker-client/error.hpp"
#include "docker-client/message_stream.hpp"
#include "docker-client/multiplexed_stream.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cattle::docker {
namespace {

class Messages : public ::testing::Test {
 protected:
  std::vector<std::string> seen;
  MessageStream stream{"POST /x", [this](const nlohmann::json& message) { seen.push_back(message.dump()); }};
};

TEST_F(Messages, any_cut_gives_the_same_messages) {
  const std::string text = "{\"a\":1}\r\n{\"b\":\"\\n\"}\n\n{\"c\":3}";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    seen.clear();
    for (std::size_t at = 0; at < text.size(); at += size)
      stream.feed(std::string_view(text).substr(at, size));
    stream.finish();
    EXPECT_EQ(seen, (std::vector<std::string>{R"({"a":1})", R"({"b":"\n"})", R"({"c":3})"}))
        << "pieces of " << size;
  }
}

TEST_F(Messages, lines_that_are_no_object_are_ignored) {
  stream.feed("nonsense\n[1]\n7\n{\"broken\":\n{\"good\":true}\n");
  stream.finish();
  EXPECT_EQ(seen, (std::vector<std::string>{R"({"good":true})"}));
}

TEST_F(Messages, a_line_of_16_mib_passes_and_a_longer_one_is_refused) {
  const std::string body(std::size_t{16} * 1024 * 1024 - 8, 'x');
  stream.feed("{\"a\":\"");
  stream.feed(body);
  stream.feed("\"}\n");
  EXPECT_EQ(seen.size(), 1U);
  stream.feed("{\"a\":\"");
  stream.feed(body);
  EXPECT_THROW(stream.feed("xxxx\"}\n"), Error);
}

class Output : public ::testing::Test {
 protected:
  std::string out;
  std::string err;
  MultiplexedStream stream{
      "GET /x", [this](int number, std::string_view bytes) { (number == 2 ? err : out) += bytes; }};

  static std::string frame(char number, const std::string& content) {
    std::string bytes{number, 0, 0, 0};
    for (const unsigned shift : {24U, 16U, 8U, 0U})
      bytes += static_cast<char>((content.size() >> shift) & 0xffU);
    return bytes + content;
  }
};

TEST_F(Output, any_cut_gives_the_same_output) {
  const std::string bytes =
      frame(1, "one") + frame(2, "") + frame(2, std::string(300, 'e')) + frame(1, "two") + frame(0, "in");
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    out.clear();
    err.clear();
    for (std::size_t at = 0; at < bytes.size(); at += size)
      stream.feed(std::string_view(bytes).substr(at, size));
    stream.finish();
    EXPECT_EQ(out, "onetwoin");
    EXPECT_EQ(err, std::string(300, 'e'));
  }
}

TEST_F(Output, an_end_inside_a_frame_is_an_error) {
  stream.feed(frame(1, "abc").substr(0, 9));
  EXPECT_EQ(out, "a") << "what came is passed on";
  EXPECT_THROW(stream.finish(), Error);
}

TEST_F(Output, what_is_no_frame_is_an_error) {
  EXPECT_THROW(stream.feed("HTTP/1.1 200 OK"), Error);
}

}  // namespace
}  // namespace cattle::docker
