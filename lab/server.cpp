// SPDX-License-Identifier: Apache-2.0
#include "lab/server.hpp"

#include "lab/control_api.hpp"
#include "lab/core.hpp"
#include "lab/http_server.hpp"
#include "lab/server_rows.hpp"

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
      [&made](const std::exception_ptr& error, std::string id) {
        if (error) {
          made.set_exception(error);
        } else {
          made.set_value(std::move(id));
        }
      });
  return made.get_future().get();
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
  return wait_until([&](Core& core) { return row_at(core, type, id).at("state") == state; }, deadline);
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

void Server::restart(Deadline away) {
  on_thread([this](Core& core) {
    impl_->http.leave();
    core.calls.abandon_all();
  });
  const auto back = [this](Deadline wait) -> asio::awaitable<void> {
    asio::steady_timer timer(impl_->core.io, wait);
    boost::system::error_code error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
    impl_->http.listen_again();
  };
  asio::co_spawn(impl_->core.io, back(away), asio::use_future).get();
}

}  // namespace cattle::lab
