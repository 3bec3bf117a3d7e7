// SPDX-License-Identifier: Apache-2.0
#include "tests/component/docker-client/contract.hpp"
#include "tests/support/test_engine.hpp"

namespace cattle::docker {

ContractTarget make_contract_target() {
  const tests::TestEngine engine = tests::test_engine();
  ContractTarget target;
  target.engine.host = engine.docker_host;
  target.image = engine.image;
  target.registry_image = engine.registry_image;
  target.credential = {engine.registry_user, engine.registry_password, "", engine.registry};
  return target;
}

}  // namespace cattle::docker
