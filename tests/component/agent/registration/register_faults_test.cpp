// SPDX-License-Identifier: Apache-2.0
// A server that fails for a moment while a host registers.
#include "tests/component/agent/registration/registration_fixture.hpp"

#include <nlohmann/json.hpp>

namespace cattle::agent::registration {
namespace {

using nlohmann::json;
using support::FakeServer;
using support::ServerAnswer;
using testing::HasSubstr;

ServerAnswer dropped() {
  ServerAnswer answer;
  answer.kind = ServerAnswer::Kind::drop;
  return answer;
}

class RegisterFaults : public RegistrationTest {
 protected:
  RegisterFaults() { server_.answer(kToken, {200, script_for(server_.url("/v1", kHost))}); }
  [[nodiscard]] std::size_t posts() const {
    std::size_t count = 0;
    for (const auto& call : server_.requests("/register")) count += call.method == "POST" ? 1U : 0U;
    return count;
  }
  FakeServer server_;
};

TEST_F(RegisterFaults, P16_a_poll_that_fails_is_asked_again) {
  server_.answer("/register", records({}), 1);
  server_.answer("/register", {201, "{}"}, 1);
  server_.answer("/register", {502, "<html>bad gateway</html>"}, 1);
  // Twice: the client itself repeats a request that fails on a connection which it had used before.
  server_.answer("/register", dropped(), 2);
  server_.answer("/register", {429, ""}, 1);
  server_.answer("/register", records({active_record("0011AABB", "theSecretKeyOfTheAgent")}));
  EXPECT_EQ(register_at(registration_url(server_)).access_key, "0011AABB");
  EXPECT_EQ(posts(), 1U);
}

TEST_F(RegisterFaults, P16_so_is_the_first_look) {
  server_.answer("/register", {503, ""}, 1);
  server_.answer("/register", records({active_record("0011AABB", "theSecretKeyOfTheAgent")}));
  EXPECT_EQ(register_at(registration_url(server_)).access_key, "0011AABB");
  EXPECT_EQ(posts(), 0U);
}

TEST_F(RegisterFaults, P16_a_post_whose_answer_was_lost_is_repeated_only_without_a_record) {
  server_.answer("/register", records({}), 1);
  server_.answer("/register", {502, ""}, 1);
  server_.answer("/register", records({}), 1);
  server_.answer("/register", {201, "{}"}, 1);
  server_.answer("/register", records({active_record("0011AABB", "theSecretKeyOfTheAgent")}));
  EXPECT_EQ(register_at(registration_url(server_)).access_key, "0011AABB");
  EXPECT_EQ(posts(), 2U);
  server_.forget_answers();
  server_.answer(kToken, {200, script_for(server_.url("/v1", kHost))});
  server_.answer("/register", records({}), 1);
  server_.answer("/register", {502, ""}, 1);
  server_.answer("/register", records({active_record("0011AABB", "theSecretKeyOfTheAgent")}));
  EXPECT_EQ(register_at(registration_url(server_)).access_key, "0011AABB");
  EXPECT_EQ(posts(), 3U) << "the record was there";
}

TEST_F(RegisterFaults, P16_one_that_lasts_is_named_in_the_end) {
  server_.answer("/register", {502, ""});
  const auto failure = failure_at(registration_url(server_));
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->outcome(), Outcome::too_long);
  EXPECT_THAT(failure->what(), HasSubstr("502"));
  EXPECT_GE(waited(), std::chrono::seconds(300));
}

}  // namespace
}  // namespace cattle::agent::registration
