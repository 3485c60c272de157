package rtsp

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Limits of the decoder process. Half the address space is enough for a
// 1080p picture; the rest is for larger ones.
const (
	childAddressSpace = 768 << 20 // bytes
	childFiles        = 16
	childSeconds      = 10 // of CPU time
)

func shimWalls() []string { return []string{"no-new-privs", "rlimits"} }

// DecodeChild is the decoder's shim: it gives up what the decoder does not
// need and becomes the program named by the first argument. It returns only
// when that fails, with an exit code. A main that lets itself be started again
// as "decode-child" calls it with the arguments after that word, before it
// does anything else, and names itself in Config.Shim.
func DecodeChild(args []string) int {
	if len(args) == 0 || !filepath.IsAbs(args[0]) {
		fmt.Fprintln(os.Stderr, "decode-child: the first argument must be the absolute path of the decoder")
		return 2
	}
	argv0, err0 := unix.BytePtrFromString(args[0])
	argv, err1 := syscall.SlicePtrFromStrings(args)
	envv, err2 := syscall.SlicePtrFromStrings(os.Environ())
	if err := errors.Join(err0, err1, err2); err != nil {
		fmt.Fprintln(os.Stderr, "decode-child: arguments:", err)
		return 2
	}
	// The flag is the thread's, and it is this thread that becomes the decoder.
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, "decode-child: no-new-privs:", err)
		return 1
	}
	for _, l := range []struct {
		what int
		max  uint64
	}{
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_FSIZE, 0},
		{unix.RLIMIT_NOFILE, childFiles},
		{unix.RLIMIT_CPU, childSeconds},
	} {
		if err := unix.Setrlimit(l.what, &unix.Rlimit{Cur: l.max, Max: l.max}); err != nil {
			fmt.Fprintln(os.Stderr, "decode-child: limit:", err)
			return 1
		}
	}
	// The Go runtime itself holds more address space than the decoder gets:
	// from here to the exec it must not ask for any, or it dies with a dump.
	debug.SetGCPercent(-1)
	space := unix.Rlimit{Cur: childAddressSpace, Max: childAddressSpace}
	//nolint:gosec // raw calls, since the wrapped ones may allocate
	_, _, errno := unix.RawSyscall6(unix.SYS_PRLIMIT64, 0, unix.RLIMIT_AS, uintptr(unsafe.Pointer(&space)), 0, 0, 0)
	if errno == 0 {
		//nolint:gosec // as above
		_, _, errno = unix.RawSyscall(unix.SYS_EXECVE, uintptr(unsafe.Pointer(argv0)), uintptr(unsafe.Pointer(&argv[0])), uintptr(unsafe.Pointer(&envv[0])))
	}
	fmt.Fprintln(os.Stderr, "decode-child: start the decoder:", errno)
	return 1
}
