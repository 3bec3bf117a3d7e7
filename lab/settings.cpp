// SPDX-License-Identifier: Apache-2.0
#include "lab/settings.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <type_traits>

namespace cattle::lab {
namespace {

using nlohmann::json;

template <typename AnySettings, typename Visit>
void each_period(AnySettings& s, const Visit& visit) {
  visit("eventing.timeout.millis", s.event_timeout);
  visit("api.sub.ping.interval.millis", s.keepalive_interval);
  visit("task.agent.ping.schedule", s.ping_schedule);
  visit("agent.ping.timeout.seconds", s.ping_timeout);
  visit("agent.activate.ping.timeout", s.activate_ping_timeout);
  visit("agent.disconnect.after.seconds", s.disconnect_after);
  visit("agent.resource.monitor.cache.resource.seconds", s.resource_cache);
  visit("item.wait.for.event.timeout.millis", s.config_timeout);
  visit("task.config.item.sync.schedule", s.config_sync);
  visit("lab.port.check.timeout.millis", s.port_check_timeout);
  visit("lab.process.retry.base.millis", s.retry_base);
  visit("lab.process.retry.step.millis", s.retry_step);
  visit("process.retry_max_wait.millis", s.retry_most);
  visit("lab.lock.wait.millis", s.lock_wait);
  visit("lab.container.event.repeat.millis", s.container_event_repeat);
  visit("lab.resource.change.delay.millis", s.change_delay);
  visit("lab.register.delay.millis", s.register_delay);
}

template <typename AnySettings, typename Visit>
void each_plain(AnySettings& s, const Visit& visit) {
  visit("api.sub.max.pings", s.max_keepalives);
  visit("subscribe.max.queued.messages", s.max_queued);
  visit("agent.ping.stats.every", s.ping_stats_every);
  visit("agent.ping.resources.every", s.ping_resources_every);
  visit("agent.ping.instances.every", s.ping_instances_every);
  visit("agent.ping.reconnect.after.failed.count", s.ping_failures);
  visit("agent.activate.ping.retries", s.activate_ping_tries);
  visit("item.wait.for.event.tries", s.config_tries);
  visit("instance.compute.tries", s.compute_tries);
  visit("manage.nonrancher.containers", s.manage_foreign_containers);
  visit("container.event.max.size", s.container_events_max);
  visit("api.security.enabled", s.security);
  visit("lab.null.keys", s.null_keys);
}

template <typename AnySettings, typename Visit>
void each_text(AnySettings& s, const Visit& visit) {
  visit("bootstrap.required.image", s.required_image);
  visit("agent.package.python.agent.url", s.package_url);
}

bool counts_seconds(std::string_view name) {
  return name.ends_with(".seconds") || name.ends_with(".schedule");
}

template <typename Value>
void assign(Value& target, const json& value, std::string_view name) {
  const bool right = std::is_same_v<Value, bool> ? value.is_boolean() : value.is_number();
  if (!right)
    throw std::invalid_argument(std::string(name) + " takes a " +
                                (std::is_same_v<Value, bool> ? "boolean" : "number"));
  if constexpr (!std::is_same_v<Value, bool>) {
    if (value.get<double>() < 0) throw std::invalid_argument(std::string(name) + " must not be negative");
  }
  target = value.get<Value>();
}

}  // namespace

Settings faster(Settings settings, double factor) {
  each_period(settings, [factor](std::string_view, Milliseconds& period) {
    if (period.count() == 0) return;
    const auto shorter = static_cast<std::int64_t>(static_cast<double>(period.count()) / factor);
    period = Milliseconds(std::max<std::int64_t>(1, shorter));
  });
  return settings;
}

json to_json(const Settings& settings) {
  json out = json::object();
  each_period(settings, [&out](std::string_view name, const Milliseconds& period) {
    if (counts_seconds(name)) {
      out[std::string(name)] = static_cast<double>(period.count()) / 1000.0;
    } else {
      out[std::string(name)] = period.count();
    }
  });
  each_plain(settings, [&out](std::string_view name, const auto& value) { out[std::string(name)] = value; });
  each_text(settings,
            [&out](std::string_view name, const std::string& value) { out[std::string(name)] = value; });
  return out;
}

void set(Settings& settings, std::string_view name, const json& value) {
  bool known = false;
  each_period(settings, [&](std::string_view candidate, Milliseconds& period) {
    if (candidate != name) return;
    double number = 0;
    assign(number, value, name);
    period = Milliseconds(static_cast<std::int64_t>(counts_seconds(name) ? number * 1000.0 : number));
    known = true;
  });
  each_plain(settings, [&](std::string_view candidate, auto& target) {
    if (candidate != name) return;
    assign(target, value, name);
    known = true;
  });
  each_text(settings, [&](std::string_view candidate, std::string& target) {
    if (candidate != name) return;
    if (!value.is_string()) throw std::invalid_argument(std::string(name) + " takes a text");
    target = value.get<std::string>();
    known = true;
  });
  if (!known) throw UnknownSetting("no setting is called " + std::string(name));
}

}  // namespace cattle::lab
