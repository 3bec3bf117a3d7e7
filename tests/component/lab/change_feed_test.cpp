// SPDX-License-Identifier: Apache-2.0
// resource.change, and who may listen to it (E20, E21).
#include "tests/component/lab/lab_test.hpp"

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace cattle::lab {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

class ChangeFeedTest : public LabTest {};

/// One subscriber of resource.change and what it got: type, id and state in order.
class Watcher {
 public:
  Watcher(const Server& server, const Key& key, const std::string& version, const std::string& project)
      : subscription_(
            options(server, key, version, project),
            {[this](const std::string& frame) { take(frame); }, [this] { note([this] { ready_ = true; }); },
             [this](const subscriber::Outage& outage) { note([&] { status_ = outage.status; }); }}) {
    subscription_.start();
  }
  ~Watcher() { subscription_.stop(); }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  bool ready() {
    return wait([this] { return ready_; }, 20s);
  }
  bool got(const std::string& line, std::chrono::milliseconds deadline = 20s) {
    return wait([&] { return std::find(lines_.begin(), lines_.end(), line) != lines_.end(); }, deadline);
  }
  int refusal() {
    wait([this] { return status_ != 0; }, 20s);
    return status_;
  }

 private:
  static subscriber::SubscriptionOptions options(const Server& server, const Key& key,
                                                 const std::string& version, const std::string& project) {
    subscriber::SubscriptionOptions out;
    out.connection.url = server.url() + "/" + version;
    out.connection.access_key = key.access_key;
    out.connection.secret_key = subscriber::Secret(key.secret_key);
    if (!project.empty()) out.path = "/projects/" + project + "/subscribe";
    out.event_names = {"resource.change"};
    return out;
  }
  void take(const std::string& frame) {
    const json event = json::parse(frame);
    if (event.at("name") != "resource.change") return;
    EXPECT_FALSE(event.contains("replyTo"));
    const json& resource = event.at("data").at("resource");
    EXPECT_EQ(resource.at("id"), event.at("resourceId"));
    note([&] {
      lines_.push_back(event.at("resourceType").get<std::string>() + " " +
                       resource.at("id").get<std::string>() + " " + resource.at("state").get<std::string>());
    });
  }
  void note(const std::function<void()>& change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }
  bool wait(const std::function<bool()>& condition, std::chrono::milliseconds deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, deadline, condition);
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  bool ready_ = false;
  int status_ = 0;
  subscriber::Subscription subscription_;
};

TEST_F(ChangeFeedTest, E20_changes_go_out_by_project_and_version) {
  begin_with_host();
  Watcher person(*server_, server_->add_person(), "v2-beta", "1a5");
  Watcher environment(*server_, server_->add_environment_key(), "v1", "");
  Watcher environment_two(*server_, server_->add_environment_key(), "v2-beta", "");
  Watcher administrator(*server_, server_->add_administrator_key(), "v1", "1a5");
  for (Watcher* watcher : {&person, &environment, &environment_two, &administrator})
    ASSERT_TRUE(watcher->ready());
  const std::string stack = server_->create_stack("s");
  EXPECT_TRUE(person.got("stack 1st1 active"));
  EXPECT_TRUE(environment.got("environment 1e1 active"));
  EXPECT_TRUE(environment_two.got("stack 1st1 active"));
  running_container();
  for (Watcher* watcher : {&person, &environment, &administrator})
    EXPECT_TRUE(watcher->got("container 1i1 running"));
  EXPECT_TRUE(person.got("volume 1v1 active"));
  server_->remove_stack(stack);
  EXPECT_TRUE(person.got("stack 1st1 removed"));
  EXPECT_TRUE(environment.got("environment 1e1 removed"));
  EXPECT_FALSE(administrator.got("environment 1e1 removed", 300ms)) << "the older server never sends it";
}

TEST_F(ChangeFeedTest, E20_the_fork_tells_an_administrator_too) {
  begin(quick(Flavour::pasturestack));
  Watcher administrator(*server_, server_->add_administrator_key(), "v1", "1a5");
  ASSERT_TRUE(administrator.ready());
  server_->create_stack("s");
  EXPECT_TRUE(administrator.got("environment 1e1 active"));
}

TEST_F(ChangeFeedTest, E21_each_refusal_of_a_subscription_is_told_apart) {
  begin();
  EXPECT_EQ(Watcher(*server_, server_->add_person(), "v1", "").refusal(), 404);
  EXPECT_EQ(Watcher(*server_, server_->add_person(), "v2-beta", "1a77").refusal(), 403);
  EXPECT_EQ(Watcher(*server_, key_.key, "v1", "1a5").refusal(), 403);
  EXPECT_EQ(Watcher(*server_, {"no", "no"}, "v1", "").refusal(), 401);
}

}  // namespace
}  // namespace cattle::lab
