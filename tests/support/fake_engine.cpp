// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_engine.hpp"

#include "tests/support/fake_engine/server.hpp"
#include "tests/support/fake_engine/state.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace cattle::support {
namespace {

std::string new_folder() {
  std::string path = "/tmp/fe-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("can't make a folder in /tmp");
  return path;
}

}  // namespace

FakeEngine::FakeEngine(FakeEngineOptions options)
    : folder_(new_folder()),
      state_(std::make_unique<State>(std::move(options))),
      server_(std::make_unique<Server>(*state_, socket_path())) {
  server_->start();
}

FakeEngine::~FakeEngine() {
  server_->stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string FakeEngine::docker_host() const {
  return "unix://" + socket_path();
}
std::string FakeEngine::socket_path() const {
  return folder_ + "/s";
}

void FakeEngine::stop() {
  server_->stop();
}
void FakeEngine::start() {
  server_->start();
}

void FakeEngine::restart(FakeEngineOptions other) {
  server_->stop();
  state_->replace(std::move(other));
  server_->start();
}

void FakeEngine::set_delay(std::chrono::milliseconds before_each_answer) {
  server_->set_delay(before_each_answer);
}

void FakeEngine::add_image(const std::string& name, const nlohmann::json& config) {
  state_->add_image(name, config);
}
bool FakeEngine::has_image(const std::string& name) const {
  return state_->has_image(name);
}

void FakeEngine::set_pull(const std::string& name, PullBehaviour behaviour) {
  state_->set_pull(name, std::move(behaviour));
}

std::string FakeEngine::add_container(const std::string& name, const nlohmann::json& create_body,
                                      bool running) {
  return state_->add_container(name, create_body, running);
}

bool FakeEngine::has_container(const std::string& name) const {
  return state_->snapshot(name).has_value();
}

bool FakeEngine::is_running(const std::string& name) const {
  const auto found = state_->snapshot(name);
  return found && found->running;
}

std::optional<nlohmann::json> FakeEngine::container(const std::string& name,
                                                    const std::string& version) const {
  return state_->container(name, version);
}

nlohmann::json FakeEngine::create_body(const std::string& name) const {
  const auto found = state_->snapshot(name);
  if (!found) throw std::runtime_error("the fake engine has no container " + name);
  return found->body;
}

std::vector<std::string> FakeEngine::container_ids() const {
  return state_->container_ids();
}
void FakeEngine::exit_container(const std::string& name, int exit_code) {
  state_->exit_container(name, exit_code);
}
void FakeEngine::remove_container(const std::string& name) {
  state_->remove_container(name);
}

void FakeEngine::ignore_stop(const std::string& name, bool ignore) {
  state_->change(name, [ignore](FakeContainer& container) { container.ignores_stop = ignore; });
}

void FakeEngine::print(const std::string& name, const std::string& text) {
  state_->change(name, [&text](FakeContainer& container) { container.output += text; });
}

void FakeEngine::fail_start(const std::string& name, const std::string& message) {
  state_->change(name, [&message](FakeContainer& container) { container.start_failure = message; });
}

void FakeEngine::warn_at_create(const std::string& message) {
  state_->warn_at_create(message);
}

void FakeEngine::set_address_delay(std::chrono::milliseconds delay) {
  state_->set_address_delay(delay);
}

void FakeEngine::add_volume(const std::string& name, const std::string& driver) {
  state_->add_volume(name, driver);
}
bool FakeEngine::has_volume(const std::string& name) const {
  return state_->has_volume(name);
}

std::vector<EngineCall> FakeEngine::calls() const {
  return server_->calls();
}

std::vector<EngineCall> FakeEngine::calls(const std::string& method, const std::string& path_contains) const {
  std::vector<EngineCall> found;
  for (EngineCall& call : server_->calls()) {
    const bool matches =
        (method.empty() || call.method == method) && call.path.find(path_contains) != std::string::npos;
    if (matches) found.push_back(std::move(call));
  }
  return found;
}

bool FakeEngine::wait_for_calls(const std::string& method, const std::string& path_contains,
                                std::size_t count, std::chrono::milliseconds limit) const {
  return server_->wait_for_calls(method, path_contains, count, limit);
}

void FakeEngine::clear_calls() {
  server_->clear_calls();
}
std::size_t FakeEngine::connections() const {
  return server_->connections();
}
std::size_t FakeEngine::accepted() const {
  return server_->accepted();
}
void FakeEngine::inject(Fault fault) {
  server_->inject(std::move(fault));
}
void FakeEngine::clear_faults() {
  server_->clear_faults();
}

}  // namespace cattle::support
