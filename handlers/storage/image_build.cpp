// SPDX-License-Identifier: Apache-2.0
#include "handlers/storage/image_build.hpp"

#include "docker-client/http/client.hpp"
#include "docker-client/http/url.hpp"
#include "handlers/errors.hpp"

#include <optional>

namespace cattle::handlers {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

docker::BuildOptions options_of(const ImageBuild& build, const std::string& image) {
  docker::BuildOptions options;
  options.tag = build.tag.empty() ? image : without_docker_prefix(build.tag);
  options.dockerfile = build.dockerfile;
  options.no_cache = build.no_cache;
  options.remove = true;
  options.force_remove = build.force_remove;
  return options;
}

/// Without what only the context's owner may know: user, password and the query, which may be a token.
void propose_download(const std::string& context, const docker::Call& call) {
  const auto url = http::parse_url(context);
  if (!url) throw OperationError("The build context is not an http or https URL");
  (void)call.rehearse({"GET", url->path, "", "build context at " + url->origin()});
}

}  // namespace

std::string build_remote(const std::string& remote) {
  for (const std::string prefix : {"git@github.com:", "git://github.com/"}) {
    if (remote.starts_with(prefix)) return "https://github.com/" + remote.substr(prefix.size());
  }
  return remote;
}

void ImageBuilder::build(const ImageBuild& build, const std::string& image,
                         const std::function<void(std::string)>& on_text, const docker::Call& call) const {
  docker::StreamCallbacks callbacks;
  callbacks.on_message = [&on_text](const docker::StreamMessage& message) {
    if (auto text = trimmed(message.text); !text.empty()) on_text(std::move(text));
  };
  auto options = options_of(build, image);
  try {
    std::optional<BuildContext> context;
    if (build.context.empty()) {
      options.remote = build_remote(build.remote);
    } else {
      on_text("Downloading the build context");
      if (call.rehearse) {
        propose_download(build.context, call);
      } else {
        context.emplace(build.context, build_dir_, limits_, call.stop);
        options.context_file = context->path();
      }
    }
    engine_.build_image(options, callbacks, call);
  } catch (const docker::Error& error) {
    const std::string& own = error.engine_message().empty() ? error.what() : error.engine_message();
    throw OperationError("Image " + options.tag + " could not be built: " + own);
  } catch (const http::TransportError& error) {
    throw OperationError("Image " + options.tag +
                         " could not be built, its context did not come: " + error.what());
  }
}

}  // namespace cattle::handlers
