// SPDX-License-Identifier: Apache-2.0
// What is starred in a text that an event's values got into, and what has to stay.
#include "agent/redaction.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace cattle::agent {
namespace {

using nlohmann::json;

json instance_event(const json& environment) {
  return {{"instanceHostMap",
           {{"instance",
             {{"name", "wordpress"},
              {"hostname", "front.example"},
              {"image",
               {{"name", "registry.example/team/wordpress:5"},
                {"registryCredential", {{"publicValue", "puller"}, {"secretValue", "wordpress"}}}}},
              {"data",
               {{"fields",
                 {{"imageUuid", "docker:registry.example/team/wordpress:5"},
                  {"dataVolumes", {"pgdata:/var/lib/postgresql/data:rw", "/srv/content:/var/www/html"}},
                  {"environment", environment}}}}}}}}}};
}

json variables_event(const json& environment) {
  auto event = instance_event(environment);
  event["instanceHostMap"]["instance"]["image"].erase("registryCredential");
  return event;
}

TEST(Redaction, H122_values_of_variables_are_starred_wherever_they_stand_alone) {
  const auto data = variables_event({{"DB_PASSWORD", "planted-value"}, {"LIST", {"KEY=planted-entry"}}});
  const Redaction redaction(data);
  EXPECT_EQ(redaction.apply("bad DB_PASSWORD=planted-value, \"planted-value\""),
            "bad DB_PASSWORD=***, \"***\"");
  EXPECT_EQ(redaction.apply("bad planted-entry"), "bad ***");
}

TEST(Redaction, what_an_error_must_name_stays) {
  const auto data = variables_event({{"PGDATA", "/var/lib/postgresql/data"},
                                     {"ROOT", "/srv/content"},
                                     {"APP", "wordpress"},
                                     {"IMAGE", "team/wordpress"},
                                     {"HOST", "front.example"},
                                     {"S", "running"}});
  const Redaction redaction(data);
  for (const std::string text :
       {"r-wordpress-c861f990 (image registry.example/team/wordpress:5) could not be created",
        "mounts pgdata:/var/lib/postgresql/data:rw /srv/content:/var/www/html",
        "error while mounting volume: mkdir /var/lib/postgresql/data: read-only",
        "pull access denied for registry.example/team/wordpress", "front.example is taken",
        "\"State\": \"running\""}) {
    EXPECT_EQ(redaction.apply(text), text);
  }
}

TEST(Redaction, a_value_that_is_also_a_name_is_starred_where_it_is_the_variables) {
  const auto data =
      variables_event({{"DB_PASSWORD", "wordpress"}, {"PGDATA", "/var/lib/postgresql/data/inner"}});
  const Redaction redaction(data);
  EXPECT_EQ(redaction.apply("r-wordpress-1: bad DB_PASSWORD=wordpress"),
            "r-wordpress-1: bad DB_PASSWORD=***");
  EXPECT_EQ(redaction.apply("/var/lib/postgresql/data and /var/lib/postgresql/data/inner"),
            "/var/lib/postgresql/data and ***");
}

TEST(Redaction, H122_a_credential_is_starred_even_where_it_is_a_name) {
  const auto data = instance_event({{"A", "b"}});
  EXPECT_EQ(Redaction(data).apply("r-wordpress-1 of puller"), "r-***-1 of puller");
}

TEST(Redaction, H122_secrets_are_found_as_json_writes_them) {
  const auto data = variables_event({{"PW", "pa\"ss\\wo<rd&>"}});
  const Redaction redaction(data);
  EXPECT_EQ(redaction.apply(R"(plain pa"ss\wo<rd&>, quoted "pa\"ss\\wo<rd&>", by the engine )"
                            R"("pa\"ss\\wo\u003crd\u0026\u003e")"),
            R"(plain ***, quoted "***", by the engine "***")");
}

TEST(Redaction, H122_a_document_is_starred_text_by_text_and_stays_one) {
  const auto data =
      variables_event({{"PW", "pa\"ss\nword"}, {"APP", "wordpress"}, {"KEYLIKE", "Image\": 1"}});
  const json body = {{"Env", {"PW=pa\"ss\nword", "APP=wordpress"}},
                     {"Image", "registry.example/team/wordpress:5"},
                     {"pa\"ss\nword", 5}};
  EXPECT_EQ(Redaction(data).document(body), (json{{"Env", {"PW=***", "APP=***"}},
                                                  {"Image", "registry.example/team/wordpress:5"},
                                                  {"pa\"ss\nword", 5}}));
}

}  // namespace
}  // namespace cattle::agent
