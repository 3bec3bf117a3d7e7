// SPDX-License-Identifier: Apache-2.0
#include "lab/server.hpp"

#include "lab/control_api.hpp"
#include "lab/core.hpp"
#include "lab/http_server.hpp"
#include "lab/views.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <thread>

namespace cattle::lab {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

Row& at(Core& core, const std::string& type, const std::string& id) {
  const auto number = plain_id(id);
  if (!number) throw std::out_of_range("no id: " + id);
  return core.store.at(type, *number);
}

std::int64_t agent_number(const std::string& id) {
  if (const auto number = plain_id(id)) return *number;
  throw std::out_of_range("no agent: " + id);
}

/// Visits the subscriptions of one agent, or all of them.
void visit(Core& core, const std::string& agent, const std::function<void(Listener&)>& action) {
  const auto wanted = agent.empty() ? std::nullopt : std::optional(agent_number(agent));
  core.bus.for_each(0, [&](Listener& listener) {
    if (!wanted || listener.audience().agent == wanted) action(listener);
  });
}

std::size_t live(Core& core, const std::string& agent) {
  std::size_t count = 0;
  visit(core, agent, [&count](Listener& listener) { count += listener.frozen() ? 0U : 1U; });
  return count;
}

}  // namespace

struct Server::Impl {
  explicit Impl(Options given) : options(std::move(given)), core(options), http(core) {}

  Options options;
  Core core;
  HttpServer http;
  std::thread thread;
};

Server::Server(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Server::~Server() {
  stop();
}

void Server::start() {
  impl_->http.listen(impl_->options.address, impl_->options.port);
  impl_->core.config.url = url() + "/v1";
  impl_->core.start();
  impl_->thread = std::thread([this] { impl_->core.io.run(); });
}

void Server::stop() {
  if (!impl_->thread.joinable()) return;
  asio::post(impl_->core.io, [this] {
    impl_->http.close();
    impl_->core.io.stop();
  });
  impl_->thread.join();
}

std::uint16_t Server::port() const {
  return impl_->http.port();
}
std::string Server::url() const {
  return "http://" + impl_->options.address + ":" + std::to_string(port());
}

void Server::on_thread(const std::function<void(Core&)>& action) {
  std::promise<void> done;
  asio::post(impl_->core.io, [&] {
    try {
      action(impl_->core);
      done.set_value();
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  });
  done.get_future().get();
}

AgentKey Server::add_agent() {
  AgentKey out;
  on_thread([&](Core& core) {
    Row& agent = core.agents.add(core.accounts.project(), core.ids.uuid());
    out.id = api_id("agent", id_of(agent));
    out.key = core.accounts.add_key(agent.at("accountId").get<std::int64_t>());
    core.agents.activate(agent);
  });
  return out;
}

namespace {

Key key_of_new_account(Core& core, const char* kind) {
  return core.accounts.add_key(core.accounts.add_account(kind, kind));
}

}  // namespace

Key Server::add_person() {
  Key out;
  on_thread([&](Core& core) { out = key_of_new_account(core, "user"); });
  return out;
}

Key Server::add_service_key() {
  Key out;
  on_thread([&](Core& core) { out = key_of_new_account(core, "service"); });
  return out;
}

Key Server::add_administrator_key() {
  Key out;
  on_thread([&](Core& core) { out = core.accounts.add_key(core.accounts.administrator()); });
  return out;
}

Key Server::add_project_key() {
  Key out;
  on_thread([&](Core& core) { out = core.accounts.add_key(core.accounts.project()); });
  return out;
}

Key Server::add_environment_key() {
  Key out;
  on_thread([&](Core& core) {
    Row& agent = core.agents.add(core.accounts.project(), core.ids.uuid());
    core.store.set_state(agent, "active");
    out = core.accounts.add_key(agent.at("accountId").get<std::int64_t>(), core.accounts.project());
  });
  return out;
}

std::string Server::registration_url() {
  std::string token;
  on_thread([&](Core& core) { token = core.registrations.add_token(core.accounts.project()); });
  return url() + "/v1/scripts/" + token;
}

void Server::deactivate_agent(const std::string& id) {
  on_thread([&](Core& core) { core.agents.deactivate(at(core, "agent", id)); });
}

void Server::remove_agent(const std::string& id) {
  on_thread([&](Core& core) { core.agents.remove(at(core, "agent", id)); });
}

std::string Server::create_instance(const json& spec) {
  std::promise<std::string> made;
  auto& core = impl_->core;
  asio::co_spawn(
      core.io,
      [&core, spec]() -> asio::awaitable<std::string> {
        const std::int64_t project = core.accounts.project();
        co_await core.instances.check_ports(project, spec, core.calls);
        co_return api_id("instance", id_of(lab::create_instance(core, project, spec)));
      },
      [&made](std::exception_ptr error, std::string id) {
        if (error) {
          made.set_exception(error);
        } else {
          made.set_value(std::move(id));
        }
      });
  return made.get_future().get();
}

void Server::start_instance(const std::string& id) {
  on_thread([&](Core& core) { core.instances.start(at(core, "instance", id)); });
}

void Server::stop_instance(const std::string& id, int timeout_seconds) {
  const json data = timeout_seconds < 0 ? json(nullptr) : json{{"timeout", timeout_seconds}};
  on_thread([&](Core& core) { core.instances.stop(at(core, "instance", id), data); });
}

void Server::restart_instance(const std::string& id) {
  on_thread([&](Core& core) { core.instances.restart(at(core, "instance", id)); });
}

void Server::remove_instance(const std::string& id) {
  on_thread([&](Core& core) { core.instances.remove(at(core, "instance", id)); });
}

std::string Server::create_volume(const json& spec) {
  std::string out;
  on_thread([&](Core& core) {
    out = api_id("volume", id_of(core.instances.create_volume(core.accounts.project(), spec)));
  });
  return out;
}

void Server::remove_volume(const std::string& id) {
  on_thread([&](Core& core) { core.instances.remove_volume(at(core, "volume", id)); });
}

std::string Server::create_stack(const std::string& name) {
  std::string out;
  on_thread([&](Core& core) {
    out = api_id("stack", id_of(lab::create_stack(core, core.accounts.project(), name)));
  });
  return out;
}

void Server::remove_stack(const std::string& id) {
  on_thread([&](Core& core) { core.store.set_removed(at(core, "stack", id)); });
}

std::string Server::add_credential(const std::string& registry, const std::string& user,
                                   const std::string& password) {
  std::string out;
  on_thread([&](Core& core) {
    out = api_id("credential",
                 lab::add_credential(core, core.accounts.project(), registry, Key{user, password}));
  });
  return out;
}

json Server::row(const std::string& type, const std::string& id) {
  json out;
  on_thread([&](Core& core) { out = view(core.store, at(core, type, id), "v2-beta", url() + "/v2-beta"); });
  return out;
}

json Server::raw_row(const std::string& type, const std::string& id) {
  json out;
  on_thread([&](Core& core) { out = at(core, type, id); });
  return out;
}

json Server::rows(const std::string& type) {
  json out = json::array();
  on_thread([&](Core& core) {
    for (const Row* row : core.store.all(type))
      out.push_back(view(core.store, *row, "v2-beta", url() + "/v2-beta"));
  });
  return out;
}

json Server::processes() {
  json out = json::array();
  on_thread([&](Core& core) {
    for (const auto& process : core.processes.all()) out.push_back(to_json(*process));
  });
  return out;
}

json Server::wire(std::int64_t after) {
  json out;
  on_thread([&](Core& core) { out = core.wire.since(after); });
  return out;
}

json Server::config_items(const std::string& agent) {
  json out;
  on_thread([&](Core& core) { out = core.config.to_json(agent_number(agent)); });
  return out;
}

std::size_t Server::subscriptions(const std::string& agent) {
  std::size_t out = 0;
  on_thread([&](Core& core) { out = live(core, agent); });
  return out;
}

bool Server::wait_until(const std::function<bool(Core&)>& check, Deadline deadline) {
  // Both may outlive this call by a moment, so neither is on the stack.
  const auto met = std::make_shared<std::promise<void>>();
  auto future = met->get_future();
  std::size_t watch = 0;
  on_thread([&](Core& core) {
    watch = core.watch([&core, check, met] {
      if (!check(core)) return false;
      met->set_value();
      return true;
    });
  });
  if (future.wait_for(deadline) == std::future_status::ready) return true;
  on_thread([&](Core& core) { core.forget(watch); });
  return future.wait_for(Deadline(0)) == std::future_status::ready;
}

bool Server::wait_for_state(const std::string& type, const std::string& id, const std::string& state,
                            Deadline deadline) {
  return wait_until([&](Core& core) { return at(core, type, id).at("state") == state; }, deadline);
}

bool Server::wait_for_host(Deadline deadline) {
  return wait_until(
      [](Core& core) {
        const Row* host = host_for(core.store, core.accounts.project(), nullptr);
        return host != nullptr && pool_of(core.store, *host) != nullptr;
      },
      deadline);
}

bool Server::wait_for_subscription(const std::string& agent, Deadline deadline) {
  return wait_until([&](Core& core) { return live(core, agent) > 0; }, deadline);
}

bool Server::wait_for_idle(Deadline deadline) {
  return wait_until(
      [](Core& core) {
        const auto& all = core.processes.all();
        return std::all_of(all.begin(), all.end(), [](const auto& process) { return process->over(); });
      },
      deadline);
}

bool Server::wait_for_process(const std::string& name, const std::string& resource_id,
                              const std::string& state, Deadline deadline) {
  return wait_until(
      [&](Core& core) {
        const auto& all = core.processes.all();
        return std::any_of(all.begin(), all.end(), [&](const auto& process) {
          return process->name == name &&
                 api_id(process->resource_type, process->resource_id) == resource_id &&
                 to_string(process->state) == state;
        });
      },
      deadline);
}

json Server::call(const std::string& agent, json event, Deadline deadline) {
  auto& core = impl_->core;
  return asio::co_spawn(core.io, call_agent(core, agent_number(agent), std::move(event), deadline),
                        asio::use_future)
      .get();
}

void Server::send_event(const std::string& agent, const json& event) {
  send_text(agent, event.dump());
}

void Server::send_text(const std::string& agent, const std::string& frame) {
  on_thread([&](Core& core) { visit(core, agent, [&](Listener& listener) { listener.send(frame); }); });
}

void Server::send_binary(const std::string& agent, const std::string& bytes) {
  on_thread(
      [&](Core& core) { visit(core, agent, [&](Listener& listener) { listener.send_binary(bytes); }); });
}

void Server::send_in_pieces(const std::string& agent, const std::string& frame, std::size_t piece) {
  on_thread([&](Core& core) {
    visit(core, agent, [&](Listener& listener) { listener.send_in_pieces(frame, piece); });
  });
}

void Server::add_fault(const Fault& fault) {
  on_thread([&](Core& core) { core.faults.add(fault); });
}

void Server::clear_faults() {
  on_thread([](Core& core) { core.faults.clear(); });
}

void Server::cut(const std::string& agent) {
  on_thread([&](Core& core) { visit(core, agent, [](Listener& listener) { listener.cut(); }); });
}

void Server::close(const std::string& agent) {
  on_thread([&](Core& core) { visit(core, agent, [](Listener& listener) { listener.finish(); }); });
}

void Server::freeze(const std::string& agent) {
  on_thread([&](Core& core) { visit(core, agent, [](Listener& listener) { listener.freeze(); }); });
}

void Server::restart(Deadline away) {
  on_thread([this](Core& core) {
    impl_->http.close();
    core.calls.abandon_all();
  });
  const auto back = [this](Deadline wait) -> asio::awaitable<void> {
    asio::steady_timer timer(impl_->core.io, wait);
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    impl_->http.listen(impl_->options.address, impl_->http.port());
  };
  asio::co_spawn(impl_->core.io, back(away), asio::use_future).get();
}

void Server::set(const std::string& setting, const json& value) {
  on_thread([&](Core& core) { lab::set(core.settings, setting, value); });
}

}  // namespace cattle::lab
