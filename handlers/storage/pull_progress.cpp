// SPDX-License-Identifier: Apache-2.0
#include "handlers/storage/pull_progress.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace cattle::handlers {
namespace {

constexpr double kMegabyte = 1'000'000.0;
/// Share of downloading in the whole; the rest is unpacking. The last percent is the engine's final word.
constexpr double kDownloadShare = 85.0;
constexpr double kExtractShare = 14.0;
constexpr auto kAlreadyExists = "Already exists";
constexpr int kMostAboutImage = 16;  ///< Of a whole pull; a registry that says more is heard as it fits.

std::string megabytes(std::int64_t bytes) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", static_cast<double>(bytes) / kMegabyte);
  return text.data();
}

}  // namespace

std::optional<PullProgress::Stage> PullProgress::stage_of(const std::string& status) {
  static const std::map<std::string, Stage> kStages{
      {"Pulling fs layer", Stage::waiting},     {"Waiting", Stage::waiting},
      {"Downloading", Stage::downloading},      {"Verifying Checksum", Stage::downloading},
      {"Download complete", Stage::downloaded}, {"Extracting", Stage::extracting},
      {"Pull complete", Stage::complete},       {kAlreadyExists, Stage::complete},
  };
  const auto found = kStages.find(status);
  return found == kStages.end() ? std::nullopt : std::optional(found->second);
}

std::optional<ProgressLine> PullProgress::add(const docker::StreamMessage& message) {
  const auto stage = message.id.empty() ? std::nullopt : stage_of(message.status);
  if (stage) {
    update(layers_[message.id], *stage, message);
    raise_percent();
  }
  auto text = stage ? sum() : message.status;
  if (text.empty() || text == last_) return std::nullopt;
  last_ = text;
  const bool about_image = !stage && ++lines_about_image_ <= kMostAboutImage;
  return ProgressLine{std::move(text), percent_, stage.has_value(), about_image};
}

void PullProgress::update(Layer& layer, Stage stage, const docker::StreamMessage& message) {
  if (message.status == kAlreadyExists) layer.was_here = true;
  layer.stage = std::max(layer.stage, stage);
  if (stage == Stage::downloading && message.total > 0) {
    layer.total = message.total;
    layer.current = std::min(message.current, message.total);
  }
  if (stage >= Stage::downloaded) layer.current = layer.total;
}

std::size_t PullProgress::at_least(Stage stage) const {
  return static_cast<std::size_t>(std::count_if(layers_.begin(), layers_.end(), [stage](const auto& entry) {
    return !entry.second.was_here && entry.second.stage >= stage;
  }));
}

std::size_t PullProgress::to_fetch() const {
  return at_least(Stage::waiting);
}

std::string PullProgress::sum() const {
  const auto count = to_fetch();
  if (count == 0) return {};
  const auto all = std::to_string(count) + " layers";
  if (at_least(Stage::complete) == count) return "Pull complete: " + all;
  const auto downloaded = at_least(Stage::downloaded);
  if (downloaded == count) {
    return "Extracting: " + std::to_string(at_least(Stage::complete)) + " of " + all;
  }
  std::int64_t current = 0;
  std::int64_t total = 0;
  for (const auto& [id, layer] : layers_) {
    current += layer.current;
    total += layer.total;
  }
  auto text = "Downloading: " + std::to_string(downloaded) + " of " + all;
  if (total > 0) text += ", " + megabytes(current) + " of " + megabytes(total) + " MB";
  return text;
}

void PullProgress::raise_percent() {
  const auto count = to_fetch();
  if (count == 0) return;
  double fetched = 0;
  for (const auto& [id, layer] : layers_) {
    if (layer.was_here) continue;
    if (layer.stage >= Stage::downloaded) {
      fetched += 1;
    } else if (layer.total > 0) {
      fetched += static_cast<double>(layer.current) / static_cast<double>(layer.total);
    }
  }
  const auto unpacked = static_cast<double>(at_least(Stage::complete));
  const auto now =
      static_cast<int>((fetched * kDownloadShare + unpacked * kExtractShare) / static_cast<double>(count));
  // Layers become known one after the other; a bar that runs backwards helps nobody.
  percent_ = std::max(percent_.value_or(0), now);
}

}  // namespace cattle::handlers
