// Folders and files of Pods.
#include "operator/local/pod_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace quorate::local {

namespace {

namespace fs = std::filesystem;

Error io_error(const std::string& what, const std::string& path) {
  return {ErrorKind::kIo, what + " " + path + ": " + std::strerror(errno)};
}

bool is_path_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '.' || c == '_' ||
         c == '-' || c == '~';
}

// Paths inside a volume come from outside: none may leave it.
bool is_safe_relative(const std::string& path) {
  if (path.empty() || path.front() == '/') {
    return false;
  }
  for (const std::string& part : split(path, '/')) {
    if (part.empty() || part == "." || part == "..") {
      return false;
    }
  }
  return true;
}

Status make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  return error ? Status(Error{ErrorKind::kIo, "cannot create " + path + ": " + error.message()})
               : Status();
}

}  // namespace

Status write_file(const std::string& path, const std::string& content, int mode) {
  const std::string temporary = path + ".new";
  const int fd = ::open(temporary.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC,
                        static_cast<mode_t>(mode));
  if (fd < 0) {
    return io_error("cannot create", temporary);
  }
  size_t done = 0;
  while (done < content.size()) {
    const ssize_t count = ::write(fd, content.data() + done, content.size() - done);
    if (count < 0 && errno != EINTR) {
      ::close(fd);
      return io_error("cannot write", temporary);
    }
    done += count > 0 ? static_cast<size_t>(count) : 0;
  }
  ::close(fd);
  return ::rename(temporary.c_str(), path.c_str()) == 0 ? Status()
                                                        : Status(io_error("cannot rename", path));
}

std::string rewrite_mounts(const std::string& text, const MountMap& mounts) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    const bool may_begin = i == 0 || !is_path_character(text[i - 1]);
    bool replaced = false;
    for (const auto& [mount, folder] : mounts) {
      const size_t end = i + mount.size();
      if (!may_begin || mount.empty() || text.compare(i, mount.size(), mount) != 0) {
        continue;
      }
      if (end == text.size() || text[end] == '/' || !is_path_character(text[end])) {
        result += folder;
        i = end;
        replaced = true;
        break;
      }
    }
    if (!replaced) {
      result += text[i++];
    }
  }
  return result;
}

std::string PodFiles::pod_folder(const std::string& uid) const { return root_ + "/pods/" + uid; }

std::string PodFiles::log_path(const ContainerId& id) const {
  return pod_folder(id.pod_uid) + "/containers/" + id.container + "/" + std::to_string(id.attempt) +
         ".log";
}

std::string PodFiles::run_path(const std::string& uid, const std::string& container) const {
  return pod_folder(uid) + "/containers/" + container + "/run.json";
}

std::string PodFiles::volume_folder(const std::string& uid, const PodVolume& volume) const {
  if (volume.type == PodVolume::Type::kPath) {
    return volume.path.starts_with('/') ? volume.path : root_ + "/" + volume.path;
  }
  return pod_folder(uid) + "/volumes/" + volume.name;
}

Status PodFiles::prepare(const StartContainer& start) const {
  const std::string& uid = start.id.pod_uid;
  const std::string folder = pod_folder(uid);
  for (const std::string& path :
       {folder + "/root", folder + "/tmp", folder + "/containers/" + start.plan.name}) {
    if (const Status made = make_folder(path); !made) {
      return made;
    }
  }
  for (const PodVolume& volume : start.volumes) {
    const std::string path = volume_folder(uid, volume);
    if (const Status made = make_folder(path); !made) {
      return made;
    }
    if (volume.type == PodVolume::Type::kProjected) {
      if (const Status projected = project(uid, volume); !projected) {
        return projected;
      }
    }
  }
  for (const auto& [mount, path] : mounts_of(uid, start.plan.mounts, start.volumes)) {
    std::error_code error;
    if (!fs::exists(path, error)) {
      if (const Status made = make_folder(path); !made) {
        return made;
      }
    }
  }
  return {};
}

// As the kubelet of Kubernetes does it: FILE -> ..data/FILE, ..data -> ..TIME; exchanging ..data
// exchanges all files at once.
Status PodFiles::project(const std::string& uid, const PodVolume& volume) const {
  const std::string folder = volume_folder(uid, volume);
  std::error_code error;
  const fs::path data = folder + "/..data";
  const fs::path old_target = fs::read_symlink(data, error);
  int64_t generation = 1;
  if (!old_target.empty()) {
    generation = parse_integer(old_target.string().substr(2)).value_or(0) + 1;
  }
  const std::string target = ".." + std::to_string(generation);
  fs::remove_all(folder + "/" + target, error);
  if (const Status made = make_folder(folder + "/" + target); !made) {
    return made;
  }
  for (const auto& [path, file] : volume.files) {
    if (!is_safe_relative(path)) {
      return Error{ErrorKind::kInvalidInput, "volume " + volume.name + ": bad path " + path};
    }
    const fs::path place = fs::path(folder) / target / path;
    fs::create_directories(place.parent_path(), error);
    if (const Status written =
            write_file(place.string(), file.content, static_cast<int>(file.mode & 0777));
        !written) {
      return written;
    }
  }
  fs::remove(folder + "/..data.new", error);
  fs::create_symlink(target, folder + "/..data.new", error);
  fs::rename(folder + "/..data.new", data, error);
  if (error) {
    return Error{ErrorKind::kIo, "cannot publish " + folder + ": " + error.message()};
  }
  for (const auto& [path, file] : volume.files) {
    const std::string first = split(path, '/').front();
    fs::create_symlink("..data/" + first, folder + "/" + first, error);
  }
  // Links to what is not there any more.
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::error_code ignored;
    const bool is_own = entry.path().filename().string().starts_with("..");
    if (!is_own && entry.is_symlink(ignored) && !fs::exists(entry.path(), ignored)) {
      fs::remove(entry.path(), ignored);
    }
  }
  if (!old_target.empty()) {
    fs::remove_all(fs::path(folder) / old_target, error);
  }
  return {};
}

MountMap PodFiles::mounts_of(const std::string& uid, const std::vector<VolumeMount>& mounts,
                             const std::vector<PodVolume>& volumes) const {
  MountMap map;
  for (const VolumeMount& mount : mounts) {
    const auto volume =
        std::find_if(volumes.begin(), volumes.end(),
                     [&](const PodVolume& candidate) { return candidate.name == mount.volume; });
    if (volume == volumes.end()) {
      continue;
    }
    std::string folder = volume_folder(uid, *volume);
    if (!mount.sub_path.empty() && is_safe_relative(mount.sub_path)) {
      folder += "/" + mount.sub_path;
    }
    std::string path = mount.mount_path;
    while (path.size() > 1 && path.ends_with('/')) {
      path.pop_back();
    }
    map.emplace_back(std::move(path), std::move(folder));
  }
  std::sort(map.begin(), map.end(), [](const auto& left, const auto& right) {
    return left.first.size() > right.first.size();
  });
  return map;
}

void PodFiles::remove_pod(const std::string& uid) const {
  std::error_code error;
  if (is_safe_relative(uid)) {
    fs::remove_all(pod_folder(uid), error);
  }
}

void PodFiles::remove_volume(const std::string& path) const {
  std::error_code error;
  if (path.starts_with("volumes/pvc-") && is_safe_relative(path)) {
    fs::remove_all(root_ + "/" + path, error);
  }
}

}  // namespace quorate::local
