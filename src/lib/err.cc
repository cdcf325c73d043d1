#include "lib/err.h"

struct ErrorText {
  int code;
  Str text;
  bool temporary = false;
};

static constexpr bool temporary = true;

// Linux's errors in the words that qmail's logs have always used.
static constexpr ErrorText table[] = {
    {0, "no error"},
    {EINTR, "interrupted system call", temporary},
    {ENOMEM, "out of memory", temporary},
    {ENOENT, "file does not exist"},
    {ETXTBSY, "text busy", temporary},
    {EIO, "input/output error", temporary},
    {EEXIST, "file already exists"},
    {ETIMEDOUT, "timed out", temporary},
    {EINPROGRESS, "operation in progress"},
    {EAGAIN, "temporary failure", temporary},
    {EPIPE, "broken pipe"},
    {EPERM, "permission denied"},
    {EACCES, "access denied"},
    {ESRCH, "no such process"},
    {ENXIO, "device not configured"},
    {E2BIG, "argument list too long"},
    {ENOEXEC, "exec format error"},
    {EBADF, "file descriptor not open"},
    {ECHILD, "no child processes"},
    {EDEADLK, "operation would cause deadlock", temporary},
    {EFAULT, "bad address"},
    {ENOTBLK, "not a block device"},
    {EBUSY, "device busy", temporary},
    {EXDEV, "cross-device link"},
    {ENODEV, "device does not support operation"},
    {ENOTDIR, "not a directory"},
    {EISDIR, "is a directory"},
    {EINVAL, "invalid argument"},
    {ENFILE, "system cannot open more files", temporary},
    {EMFILE, "process cannot open more files", temporary},
    {ENOTTY, "not a tty"},
    {EFBIG, "file too big", temporary},
    {ENOSPC, "out of disk space", temporary},
    {ESPIPE, "unseekable descriptor"},
    {EROFS, "read-only file system", temporary},
    {EMLINK, "too many links"},
    {EDOM, "input out of range"},
    {ERANGE, "output out of range"},
    {EALREADY, "operation already in progress"},
    {ENOTSOCK, "not a socket"},
    {EDESTADDRREQ, "destination address required"},
    {EMSGSIZE, "message too long"},
    {EPROTOTYPE, "incorrect protocol type"},
    {ENOPROTOOPT, "protocol not available"},
    {EPROTONOSUPPORT, "protocol not supported"},
    {ESOCKTNOSUPPORT, "socket type not supported"},
    {EOPNOTSUPP, "operation not supported"},
    {EPFNOSUPPORT, "protocol family not supported"},
    {EAFNOSUPPORT, "address family not supported"},
    {EADDRINUSE, "address already used"},
    {EADDRNOTAVAIL, "address not available"},
    {ENETDOWN, "network down", temporary},
    {ENETUNREACH, "network unreachable", temporary},
    {ENETRESET, "network reset", temporary},
    {ECONNABORTED, "connection aborted", temporary},
    {ECONNRESET, "connection reset", temporary},
    {ENOBUFS, "out of buffer space", temporary},
    {EISCONN, "already connected"},
    {ENOTCONN, "not connected"},
    {ESHUTDOWN, "socket shut down"},
    {ETOOMANYREFS, "too many references", temporary},
    {ECONNREFUSED, "connection refused", temporary},
    {ELOOP, "symbolic link loop"},
    {ENAMETOOLONG, "file name too long"},
    {EHOSTDOWN, "host down", temporary},
    {EHOSTUNREACH, "host unreachable", temporary},
    {ENOTEMPTY, "directory not empty"},
    {EUSERS, "too many users", temporary},
    {EDQUOT, "disk quota exceeded", temporary},
    {ESTALE, "stale NFS file handle", temporary},
    {EREMOTE, "too many levels of remote in path"},
    {ENOLCK, "no locks available", temporary},
    {ENOSYS, "system call not available", temporary},  // in a jail (lib/jail.h)
    {ENOSTR, "not a stream device"},
    {ETIME, "timer expired"},
    {ENOSR, "out of stream resources"},
    {ENOMSG, "no message of desired type"},
    {EBADMSG, "bad message type"},
    {EIDRM, "identifier removed"},
    {ENONET, "machine not on network"},
    {ENOLINK, "link severed"},
    {EADV, "advertise error"},
    {ESRMNT, "srmount error"},
    {ECOMM, "communication error"},
    {EPROTO, "protocol error"},
    {EMULTIHOP, "multihop attempted"},
    {EREMCHG, "remote address changed"},
};

static constexpr ErrorText unknown = {-1, "unknown error"};

static const ErrorText& entry(Err err) {
  for (const ErrorText& e : table)
    if (e.code == err.code) return e;
  return unknown;
}

Str error_text(Err err) { return entry(err).text; }
bool is_temporary(Err err) { return entry(err).temporary; }
