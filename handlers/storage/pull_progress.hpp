// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "docker-client/types/image.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace cattle::handlers {

/// A progress text for a person. Of two that sum up layers and wait to be sent, only the later is worth
/// sending.
struct ProgressLine {
  std::string text;
  std::optional<int> percent;
  bool sums_up_layers = false;
  bool about_image = false;  ///< The engine's word on the whole image, which a person waits for (E17).
};

/// Turns the messages of one pull into lines: what the engine says about the whole image as it is (E17), what
/// it says about layers as counts and bytes ("Downloading: 3 of 7 layers, 12.1 of 80.0 MB").
class PullProgress {
 public:
  /// A line when the text differs from the last one (H117).
  [[nodiscard]] std::optional<ProgressLine> add(const docker::StreamMessage& message);

 private:
  enum class Stage : std::uint8_t { waiting, downloading, downloaded, extracting, complete };
  struct Layer {
    Stage stage = Stage::waiting;
    bool was_here = false;  ///< Nothing is done for it: it counts for no share of the work.
    std::int64_t current = 0;
    std::int64_t total = 0;
  };

  [[nodiscard]] static std::optional<Stage> stage_of(const std::string& status);
  void update(Layer& layer, Stage stage, const docker::StreamMessage& message);
  [[nodiscard]] std::string sum() const;
  /// Both: of the layers that were not here already.
  [[nodiscard]] std::size_t at_least(Stage stage) const;
  [[nodiscard]] std::size_t to_fetch() const;
  void raise_percent();

  std::map<std::string, Layer> layers_;
  int lines_about_image_ = 0;
  std::string last_;
  std::optional<int> percent_;
};

}  // namespace cattle::handlers
