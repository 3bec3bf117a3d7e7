// SPDX-License-Identifier: Apache-2.0
#include "docker-client/negotiation.hpp"

#include "docker-client/error.hpp"
#include "docker-client/types/engine.hpp"

namespace cattle::docker {

std::string negotiate(const std::string& engine_newest, const std::string& engine_oldest) {
  if (engine_newest.empty()) {
    throw Error(ErrorKind::bad_response, 0, "GET /version",
                "the engine does not say which API version it speaks");
  }
  std::string wanted = api_at_least(engine_oldest, kOldestApi) ? engine_oldest : kOldestApi;
  if (api_at_least(engine_newest, wanted) && api_at_least(kNewestApi, wanted)) return wanted;
  const std::string range =
      engine_oldest.empty() ? "up to " + engine_newest : engine_oldest + " to " + engine_newest;
  throw Error(ErrorKind::engine, 0, "GET /version",
              "the engine speaks API " + range + ", this client " + kOldestApi + " to " + kNewestApi);
}

}  // namespace cattle::docker
