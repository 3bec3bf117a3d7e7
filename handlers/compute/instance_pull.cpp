// SPDX-License-Identifier: Apache-2.0
#include "handlers/compute/instance_pull.hpp"

#include "handlers/json_fields.hpp"
#include "handlers/model/image.hpp"

namespace cattle::handlers {

struct InstancePull::Task {
  ImageSource source;
  bool only_where_present = false;  ///< Mode "cached".
  bool complete = false;
  std::string tag_suffix;
};

std::string pulled_name(const std::string& server, const std::string& full_name) {
  return server.empty() ? full_name : server + "/" + full_name;
}

InstancePull::Task InstancePull::decode(const Event& event) {
  const auto pull = JsonFields(event.data, "data").object("instancePull");
  const auto image = decode_image(pull.object("image"));
  const auto docker_image = pull.object("image").object("data").object("dockerImage");
  const auto full_name = docker_image.text("fullName");
  if (full_name.empty()) docker_image.fail("fullName", "a name");
  Task task;
  task.source.name = pulled_name(docker_image.text("server"), full_name);
  if (image.credential) task.source.auth = registry_auth(*image.credential);
  task.only_where_present = pull.text("mode") == "cached";
  task.complete = pull.flag("complete");
  task.tag_suffix = pull.text("tag");
  return task;
}

std::optional<nlohmann::json> InstancePull::handle(const Event& event, Context& context) const {
  const auto task = decode(event);
  if (task.complete) {
    release(task, context);
  } else if (!task.only_where_present || engine_.inspect_image(task.source.name, context.call)) {
    pull(task, event.received, context);
  }
  auto image = engine_.inspect_image(task.source.name, context.call);
  auto data = nlohmann::json::object();
  data["fields"]["dockerImage"] = image ? std::move(image->raw) : nlohmann::json::object();
  return data;
}

void InstancePull::pull(const Task& task, ImagePulls::Clock::time_point wanted_since,
                        Context& context) const {
  pulls_.fetch(task.source, context, wanted_since);
  const auto reference = docker::parse_image_reference(task.source.name);
  if (task.tag_suffix.empty()) return;
  if (reference.is_digest) {
    context.log.info("An image by digest can't be held by a tag");
    return;
  }
  engine_.tag_image(task.source.name, reference.repository, reference.tag + task.tag_suffix, context.call);
}

void InstancePull::release(const Task& task, Context& context) const {
  const auto reference = docker::parse_image_reference(task.source.name);
  if (task.tag_suffix.empty() || reference.is_digest) return;
  const auto held = reference.repository + ":" + reference.tag + task.tag_suffix;
  // Forced, since a container may have been created from the tag; no_prune, since only the tag is to go
  // (H83).
  if (engine_.remove_image(held, true, true, context.call) == docker::RemoveOutcome::in_use) {
    context.log.warn("The temporary tag " + held + " is in use and stays");
  }
}

}  // namespace cattle::handlers
