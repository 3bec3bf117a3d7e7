// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/mutation.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace cattle::fuzz {
namespace {

using nlohmann::json;
using Random = std::minstd_rand;

std::size_t below(std::size_t limit, Random& random) {
  return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

void collect(json& value, std::vector<json*>& values) {
  values.push_back(&value);
  if (!value.is_structured()) return;
  for (auto& member : value) collect(member, values);
}

json& any_value(json& event, Random& random) {
  std::vector<json*> values;
  collect(event, values);
  return *values.at(below(values.size(), random));
}

json odd_value(Random& random) {
  static const std::array odd = {json(),
                                 json(true),
                                 json(false),
                                 json(0),
                                 json(-1),
                                 json(std::numeric_limits<std::int64_t>::max()),
                                 json(std::numeric_limits<std::int64_t>::min()),
                                 json(std::numeric_limits<std::uint64_t>::max()),
                                 json(1e300),
                                 json(""),
                                 json("7"),
                                 json("../../../etc/passwd"),
                                 json("a\nb\tc \"quoted' $(id) %s %n"),
                                 json("\xF0\x9F\x90\xAE\xC3\xA9"),
                                 json(std::string(5'000, 'x')),
                                 json(std::string(1, '\0')),
                                 json::array(),
                                 json::object(),
                                 json::array({nullptr, 5, "x", json::object()}),
                                 json{{"", nullptr}, {"a/b~c", json::array()}},
                                 json("ping"),
                                 json("config.update"),
                                 json("host.port.check"),
                                 json("compute.instance.activate;agent=5"),
                                 json("compute.instance.deactivate"),
                                 json("compute.instance.remove"),
                                 json("compute.instance.pull"),
                                 json("storage.volume.remove"),
                                 json("cni"),
                                 json("dockerContainer"),
                                 json("docker:registry.example/none:1")};
  return odd.at(below(odd.size(), random));
}

void mutate_text(std::string& text, Random& random) {
  const auto at = below(text.size() + 1, random);
  switch (below(4, random)) {
    case 0:
      return text.resize(at);
    case 1:
      text.insert(at, 1, static_cast<char>(below(127, random) + 1));
      return;
    case 2:
      text.append(text);
      return;
    default:
      text.insert(at, ":");
  }
}

void mutate(json& event, Random& random) {
  json& value = any_value(event, random);
  switch (below(6, random)) {
    case 0:
      value = json(any_value(event, random));  // By way of a copy: it may be a part of this one.
      return;
    case 1:
      if (value.is_object() && !value.empty()) {
        value.erase(std::next(value.begin(), static_cast<std::ptrdiff_t>(below(value.size(), random))));
      } else if (value.is_array()) {
        value.push_back(odd_value(random));
      }
      return;
    case 2:
    case 3:
      if (value.is_string()) return mutate_text(value.get_ref<std::string&>(), random);
      if (value.is_number_integer())
        value = value.get<std::int64_t>() / 2 - static_cast<std::int64_t>(below(3, random));
      return;
    default:
      value = odd_value(random);
  }
}

}  // namespace

std::optional<std::string> mutated_event(std::string_view frame, unsigned int seed) {
  Random random(seed);
  json event = json::parse(frame, nullptr, false);
  if (event.is_discarded() || below(32, random) == 0) return std::nullopt;
  for (auto times = 1 + below(3, random); times > 0; --times) mutate(event, random);
  return event.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace cattle::fuzz
