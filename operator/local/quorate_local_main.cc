// quorate-local: an embedded control plane on loopback, for laptops and tests. Not for production.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "operator/local/command.h"

int main(int argc, char** argv) {
  CLI::App app(
      "A small Kubernetes-compatible control plane on loopback that runs Pods as processes of this "
      "machine.\nFor laptops and tests. Not for production.");
  app.require_subcommand(1);
  quorate::local::UpOptions options;
  std::vector<std::string> images;
  std::string zones;
  app.add_option("--dir", options.root, "Folder of the state, the logs and the kubeconfig")
      ->envname("QUORATE_LOCAL_DIR")
      ->capture_default_str();
  CLI::App* up = app.add_subcommand("up", "Run the control plane in the foreground");
  up->add_option("--zones", zones, "Zones of the nodes, separated by commas");
  up->add_option("--nodes-per-zone", options.nodes_per_zone, "Nodes in each zone")
      ->check(CLI::Range(1, 100));
  up->add_option("--port", options.port, "Port of the API; 0: any that is free");
  up->add_option("--address", options.address, "Loopback address of the API");
  up->add_option("--image", images,
                 "NAME=PATH: an image is a program, or a folder of programs, of this machine; "
                 "without any, every image is there and PATH is searched");
  up->add_option("--backoff-ms", options.backoff_ms_min,
                 "Wait before the second restart of a container; it doubles each time");
  up->add_option("--history", options.history_count_max, "Changes that watches can look back on");
  CLI::App* down = app.add_subcommand("down", "Stop the control plane and its processes");
  CLI::App* status = app.add_subcommand("status", "Say whether it runs, and how to use it");
  for (CLI::App* command : {up, down, status}) {
    command->add_option("--dir", options.root, "Folder of the state");
  }
  CLI11_PARSE(app, argc, argv);
  options.zones = quorate::local::split_words(zones);
  for (const std::string& image : images) {
    const size_t mark = image.find('=');
    if (mark == std::string::npos) {
      std::fprintf(stderr, "--image %s: expected NAME=PATH\n", image.c_str());
      return 2;
    }
    options.images[image.substr(0, mark)] = image.substr(mark + 1);
  }
  if (*up) {
    return quorate::local::run_up(options);
  }
  return *down ? quorate::local::run_down(options.root) : quorate::local::run_status(options.root);
}
