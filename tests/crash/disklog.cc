// disklog FOLDER LOG IMAGE ... -- disks whose writes and flushes are recorded in one order.
//
// Mounts at FOLDER a file system (FUSE) with a file for each IMAGE, named 0, 1,
// 2 ...; a loop device over such a file is a disk. What is written there goes to
// the IMAGE and, with each sync, to LOG, before it is answered: 4 bytes number of
// the disk, 4 bytes length (4294967295: a sync, that is the disk's flush), 8
// bytes place on the disk, all little-endian; then the bytes. One request at a
// time, so the order of LOG is the one that those who wait for answers see.
// While the file $DISKLOG_FAILS exists, every write and sync fails with EIO.
// Writes "ready" once it is mounted; ends when FOLDER is unmounted.
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <vector>

#include "lib/die.h"

const char program[] = "disklog";

static constexpr unsigned largest = 1 << 20;  // bytes of one write
static constexpr uint32_t sync_mark = 0xffffffff;

static int device, log_file;
static const char* failing;
static std::vector<int> images;
static char request[largest + 4096 + 1];

static bool fails() { return failing && access(failing, F_OK) == 0; }

static uint64_t size_of(int fd) {
  struct stat st {};
  fstat(fd, &st);
  return static_cast<uint64_t>(st.st_size);
}

static void answer(const fuse_in_header& in, int error, const void* data = nullptr, size_t size = 0) {
  fuse_out_header out{.len = static_cast<uint32_t>(sizeof out + size), .error = -error, .unique = in.unique};
  iovec parts[] = {{&out, sizeof out}, {const_cast<void*>(data), size}};
  if (writev(device, parts, 2) == -1 && errno != ENOENT) die(111, {"unable to answer"});
}

static void record(uint64_t disk, uint64_t place, uint32_t length, const void* data, size_t size) {
  struct {
    uint32_t disk, length;
    uint64_t place;
  } head{static_cast<uint32_t>(disk), length, place};
  iovec parts[] = {{&head, sizeof head}, {const_cast<void*>(data), size}};
  if (writev(log_file, parts, 2) != static_cast<ssize_t>(sizeof head + size)) die(111, {"unable to write the log"});
}

// Node 1 is the folder, node 2 + N the disk N.
static fuse_attr attributes(uint64_t node) {
  fuse_attr a{};
  a.ino = node;
  a.nlink = 1;
  a.mode = node == 1 ? S_IFDIR | 0700 : S_IFREG | 0600;
  if (node != 1) a.size = size_of(images[node - 2]);
  a.blocks = a.size / 512;
  a.blksize = 4096;
  return a;
}

static void look_up(const fuse_in_header& in, const char* name) {
  char* end;
  unsigned long disk = strtoul(name, &end, 10);
  if (*end || end == name || disk >= images.size()) return answer(in, ENOENT);
  fuse_entry_out out{};
  out.nodeid = disk + 2;
  out.entry_valid = out.attr_valid = 3600;
  out.attr = attributes(out.nodeid);
  answer(in, 0, &out, sizeof out);
}

static void read_disk(const fuse_in_header& in, const fuse_read_in& what) {
  static char data[largest];
  size_t size = what.size < sizeof data ? what.size : sizeof data;
  ssize_t n = pread(images[in.nodeid - 2], data, size, static_cast<off_t>(what.offset));
  if (n == -1) return answer(in, EIO);
  answer(in, 0, data, static_cast<size_t>(n));
}

static void write_disk(const fuse_in_header& in, const fuse_write_in& what, const char* data) {
  uint64_t disk = in.nodeid - 2;
  if (fails()) return answer(in, EIO);
  if (pwrite(images[disk], data, what.size, static_cast<off_t>(what.offset)) != static_cast<ssize_t>(what.size))
    return answer(in, EIO);
  record(disk, what.offset, what.size, data, what.size);
  fuse_write_out out{.size = what.size, .padding = 0};
  answer(in, 0, &out, sizeof out);
}

// Whether to go on.
static bool serve(const fuse_in_header& in, const char* argument) {
  switch (in.opcode) {
    case FUSE_INIT: {
      fuse_init_out out{};
      out.major = FUSE_KERNEL_VERSION;
      out.minor = 31;
      out.max_write = largest;
      out.flags = FUSE_BIG_WRITES | FUSE_MAX_PAGES;
      out.max_pages = largest / 4096;
      answer(in, 0, &out, sizeof out);
      return true;
    }
    case FUSE_LOOKUP: look_up(in, argument); return true;
    case FUSE_GETATTR: {
      fuse_attr_out out{};
      out.attr_valid = 3600;
      out.attr = attributes(in.nodeid);
      answer(in, 0, &out, sizeof out);
      return true;
    }
    case FUSE_OPEN: {
      fuse_open_out out{};
      out.open_flags = FOPEN_DIRECT_IO;  // nothing waits in the kernel's cache
      answer(in, 0, &out, sizeof out);
      return true;
    }
    case FUSE_READ: read_disk(in, *reinterpret_cast<const fuse_read_in*>(argument)); return true;
    case FUSE_WRITE:
      write_disk(in, *reinterpret_cast<const fuse_write_in*>(argument), argument + sizeof(fuse_write_in));
      return true;
    case FUSE_FSYNC:
      if (fails()) return answer(in, EIO), true;
      record(in.nodeid - 2, 0, sync_mark, nullptr, 0);
      answer(in, 0);
      return true;
    case FUSE_FLUSH:
    case FUSE_RELEASE: answer(in, 0); return true;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT: return true;  // these have no answer
    case FUSE_DESTROY: answer(in, 0); return false;
    default: answer(in, ENOSYS); return true;
  }
}

int main(int argc, char** argv) {
  failing = getenv("DISKLOG_FAILS");
  if (argc < 4) die_usage("disklog FOLDER LOG IMAGE ...");
  for (int i = 3; i < argc; ++i) {
    images.push_back(open(argv[i], O_RDWR | O_CLOEXEC));
    if (images.back() == -1) die(111, {"unable to open ", argv[i]});
  }
  log_file = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (log_file == -1 || device == -1) die(111, {"unable to open the log or /dev/fuse"});
  char options[80];
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
  if (mount("disklog", argv[1], "fuse", MS_NOSUID | MS_NODEV, options) == -1) die(111, {"unable to mount"});
  puts("ready");
  fflush(stdout);
  for (;;) {
    ssize_t n = read(device, request, sizeof request - 1);
    if (n == -1 && (errno == EINTR || errno == ENOENT || errno == EAGAIN)) continue;
    if (n == -1) return errno == ENODEV ? 0 : 111;
    fuse_in_header in;
    memcpy(&in, request, sizeof in);
    request[n] = 0;
    if (!serve(in, request + sizeof in)) return 0;
  }
}
