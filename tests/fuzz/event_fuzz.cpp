// SPDX-License-Identifier: Apache-2.0
// Mutated frames through the production decoder, router, queue, handlers and publisher, between a fake server
// and a fake engine. A crash, a hang, or an event with a reply address that gets no reply ends the run.
#include "agent/dispatcher.hpp"
#include "cattle/subscriber/event.hpp"
#include "handlers/host/delegate_request.hpp"
#include "handlers/routes.hpp"
#include "tests/fuzz/mutation.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/fake_server.hpp"

#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

namespace cattle::fuzz {
namespace {

using namespace std::chrono_literals;
using agent::Clock;

constexpr std::size_t kEventsPerAgent = 200;  ///< Then all is made anew: fakes keep what they saw.
constexpr const char* kImage = "registry.example/box:1";
constexpr const char* kUuid = "c861f990-4472-4fa1-960f-65171b544c28";

[[noreturn]] void fail(const std::string& what, std::string_view frame) {
  std::fprintf(stderr, "%s\n%.*s\n", what.c_str(), static_cast<int>(frame.size()), frame.data());
  std::abort();
}

/// A host of a few files. Each process that the fake engine can name has a network with an address, so that
/// nobody waits for one.
class Host {
 public:
  Host() {
    std::string pattern = (std::filesystem::temp_directory_path() / "fuzz-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) fail("mkdtemp failed", "");
    path_ = pattern;
    std::filesystem::create_directories(path_ / "proc/1/net");
    for (const char* table : {"tcp", "tcp6", "udp", "udp6"})
      write(std::string("proc/1/net/") + table, "sl\n");
    std::filesystem::create_directories(path_ / "net");
    write("net/dev", "Inter-| Receive\n face |bytes\n  eth0: 1 2\n");
    write("net/route",
          "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
          "eth0\t00002A0A\t00000000\t0001\t0\t0\t0\t0000FFFF\n");
    write("net/fib_trie", "Main:\n  |-- 10.42.1.2\n        /32 host LOCAL\n");
    write("stat", "x\n");
    for (int pid = 10'000; pid < 12'000; ++pid)
      std::filesystem::create_directory_symlink(path_, path_ / "proc" / std::to_string(pid));
  }
  ~Host() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  [[nodiscard]] handlers::HostOptions options(const std::string& server) const {
    handlers::HostOptions options;
    options.docker_uuid = "host-uuid";
    options.physical_host_uuid = "physical-uuid";
    options.hostname = "host.example";
    options.host_ip = "10.1.2.3";
    options.server_url = options.config_url = server;
    options.home = options.state_dir = options.iops_dir = path_.string();
    options.build_dir = (path_ / "builds").string();
    options.host_key_file = (path_ / "host.key").string();
    options.storage_socket_dir = (path_ / "storage").string();
    options.cni_state_dir = (path_ / "cni").string();
    options.resolv_conf = (path_ / "resolv.conf").string();
    options.proc = options.host_proc = (path_ / "proc").string();
    options.detect_cloud_provider = false;
    return options;
  }

 private:
  void write(const std::string& name, const std::string& text) const { std::ofstream(path_ / name) << text; }

  std::filesystem::path path_;
};

support::FakeEngine& prepared(support::FakeEngine& engine) {
  engine.add_image(kImage, {{"Cmd", {"run"}}, {"Entrypoint", {"/entry"}}});
  engine.set_pull("busybox:1", {});
  engine.add_volume("data1");
  engine.add_container("r-web-1-c861f990",
                       {{"Image", kImage}, {"Labels", {{"io.rancher.container.uuid", kUuid}}}});
  return engine;
}

/// Everything between a frame and its reply.
class FuzzedAgent {
 public:
  explicit FuzzedAgent(const Host& host)
      : host_(host.options(server_.url())),
        engine_(engine_options(prepared(fake_engine_))),
        server_api_(server_options(server_)),
        handlers_(host_, engine_, server_api_),
        delegate_(host_, engine_, {"/nonexistent/nsenter", 2, 1ms, 1s}),
        router_(routes()),
        publisher_(publisher_options(server_)),
        replies_(publisher_),
        dispatcher_(router_, replies_, log_, {}) {}

  void take(std::string_view frame) {
    const auto id = id_that_awaits_a_reply(frame);
    const auto before = id ? server_.count_final_replies_to(*id) : 0;
    dispatcher_.frame(std::string(frame), Clock::now());
    if (!dispatcher_.wait_until_idle(50s)) fail("The event hangs:", frame);
    if (id && server_.count_final_replies_to(*id) != before + 1)
      fail("The event got no final reply, or more than one:", frame);
  }

 private:
  static docker::EngineOptions engine_options(const support::FakeEngine& fake) {
    docker::EngineOptions options;
    options.host = fake.docker_host();
    options.quick_timeout = 5s;
    options.stream_idle = 2s;
    return options;
  }
  static http::ClientOptions server_options(const support::FakeServer& server) {
    http::ClientOptions options;
    options.base_url = server.url();
    options.username = "key";
    options.password = "secret";
    return options;
  }
  static subscriber::PublisherOptions publisher_options(const support::FakeServer& server) {
    subscriber::PublisherOptions options;
    options.connection.url = server.url();
    options.connection.access_key = "key";
    options.connection.secret_key = subscriber::Secret("secret");
    options.first_wait = options.most_wait = 10ms;
    return options;
  }
  static agent::LogOptions quiet() {
    agent::LogOptions options;
    options.to_stdout = false;
    return options;
  }

  /// The fake engine's processes are none of this machine's: nothing may be run in their namespaces.
  std::vector<handlers::Route> routes() {
    auto routes = handlers_.routes();
    for (auto& route : routes) {
      if (route.name != "delegate.request") continue;
      route.handle = [this](const handlers::Event& event, handlers::Context& context) {
        return delegate_.handle(event, context);
      };
    }
    return routes;
  }

  std::optional<std::string> id_that_awaits_a_reply(std::string_view frame) const {
    try {
      const auto event = subscriber::decode_event(frame, Clock::now());
      // An event whose time is over is dropped, and the last two are answered only at times.
      const bool maybe = event.timeout < 2s || event.name == "compute.instance.force.stop" ||
                         event.name == "delegate.request";
      if (!maybe && event.wants_reply() && router_.find(event.name) != nullptr) return event.id;
    } catch (const subscriber::FrameError&) {
    }
    return std::nullopt;
  }

  support::FakeServer server_;
  support::FakeEngine fake_engine_;
  handlers::HostOptions host_;
  docker::Client engine_;
  http::Client server_api_;
  handlers::Handlers handlers_;
  handlers::DelegateRequest delegate_;
  agent::Router router_;
  subscriber::Publisher publisher_;
  agent::ReplyPublisher replies_;
  agent::AgentLog log_{quiet()};
  agent::Dispatcher dispatcher_;
};

void take(std::string_view frame) {
  static const http::Library library;
  static const Host host;
  static std::unique_ptr<FuzzedAgent> agent;
  static std::size_t taken = 0;
  if (taken++ % kEventsPerAgent == 0) {
    agent.reset();
    agent = std::make_unique<FuzzedAgent>(host);
  }
  agent->take(frame);
}

}  // namespace
}  // namespace cattle::fuzz

// NOLINTBEGIN(readability-identifier-naming): libFuzzer's names.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned int seed) {
  const auto mutated = cattle::fuzz::mutated_event({reinterpret_cast<const char*>(data), size}, seed);
  if (!mutated || mutated->size() > most) return LLVMFuzzerMutate(data, size, most);
  std::copy(mutated->begin(), mutated->end(), data);
  return mutated->size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cattle::fuzz::take({reinterpret_cast<const char*>(data), size});
  return 0;
}
// NOLINTEND(readability-identifier-naming)
