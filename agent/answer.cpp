// SPDX-License-Identifier: Apache-2.0
#include "agent/answer.hpp"

#include "cattle/subscriber/reply.hpp"
#include "docker-client/error.hpp"
#include "docker-client/http/client.hpp"
#include "handlers/errors.hpp"

#include <exception>

namespace cattle::agent {
namespace {

template <typename... Known>
bool is_any_of(const std::exception& failure) {
  return ((dynamic_cast<const Known*>(&failure) != nullptr) || ...);
}

/// Text for a person.
std::string cause(const std::exception& failure) {
  // json's own texts may quote the document, which may hold secrets.
  if (is_any_of<nlohmann::json::exception>(failure)) return "a document could not be read: unexpected JSON";
  std::string text = failure.what();
  // Those say in a whole sentence what went wrong; of anything else the reader should know that it was not
  // foreseen.
  if (is_any_of<handlers::RequestError, handlers::OperationError, docker::Error, http::TransportError>(
          failure))
    return text;
  return "unexpected: " + text;
}

}  // namespace

Answer answer(const subscriber::Event& event, const handlers::Route& route, handlers::Context& context,
              const std::function<std::string(const std::string&)>& redact) {
  Answer result;
  try {
    const auto data = route.handle(event, context);
    if (data) result.body = subscriber::encode_reply(event, *data);
    return result;
  } catch (const std::exception& failure) {
    result.error = redact(cause(failure));
  }
  if (result.error.empty()) result.error = "failed without a reason";
  if (route.answered) result.body = subscriber::encode_error(event, result.error);
  return result;
}

}  // namespace cattle::agent
