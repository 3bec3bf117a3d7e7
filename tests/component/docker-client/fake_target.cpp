// SPDX-License-Identifier: Apache-2.0
#include "tests/component/docker-client/contract.hpp"
#include "tests/support/fake_engine.hpp"

namespace cattle::docker {

ContractTarget make_contract_target() {
  auto fake = std::make_shared<support::FakeEngine>();
  ContractTarget target;
  target.engine.host = fake->docker_host();
  target.image = "local/busybox:test";
  target.registry_image = "127.0.0.1:5000/team/layered:1";
  target.credential = {"user", "secret", "", "127.0.0.1:5000"};
  fake->add_image(target.image, {{"Cmd", {"/bin/sh"}}});
  support::PullBehaviour pull;
  pull.username = target.credential.username;
  pull.password = target.credential.password;
  fake->set_pull(target.registry_image, pull);
  target.owner = fake;
  return target;
}

}  // namespace cattle::docker
