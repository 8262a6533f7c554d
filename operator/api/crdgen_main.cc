// quorate-crdgen [FILE]: writes the CustomResourceDefinition to FILE or to standard output.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>

#include "operator/api/crd.h"

int main(int argc, char** argv) {
  const std::string text = quorate::api::crd_file();
  if (argc < 2) {
    std::cout << text;
    return std::cout.flush() ? 0 : 1;
  }
  std::ofstream file(argv[1], std::ios::binary);
  file << text;
  if (!file.flush()) {
    std::cerr << "cannot write " << argv[1] << "\n";
    return 1;
  }
  return 0;
}
