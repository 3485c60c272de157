package rtsp

import (
	"os"
	"syscall"
)

type attributes = syscall.SysProcAttr

// nobody owns nothing; a decoder started by root runs as this user.
const nobody = 65534

// barriers lists the ways to start the decoder on Linux, strongest first.
func barriers() []wall {
	const rest = syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS
	all := []string{"ipc-namespace", "mount-namespace", "net-namespace", "pdeathsig", "pid-namespace", "uts-namespace"}
	uid, gid := os.Getuid(), os.Getgid()
	root := uid == 0
	if root {
		uid, gid = nobody, nobody
	}
	within := func(flags uintptr, names ...string) wall {
		if root {
			names = append(names, "own-user")
		}
		return wall{names: names, attr: func() *attributes {
			a := &attributes{Pdeathsig: syscall.SIGKILL, Setpgid: true, Cloneflags: flags}
			if flags&syscall.CLONE_NEWUSER != 0 {
				a.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
				a.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
			}
			if root {
				a.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), NoSetGroups: flags&syscall.CLONE_NEWUSER != 0}
			}
			return a
		}}
	}
	list := []wall{within(syscall.CLONE_NEWUSER|rest, append(all, "user-namespace")...)}
	if root {
		list = append(list, within(rest, all...))
	} else {
		list = append(list, within(syscall.CLONE_NEWUSER|syscall.CLONE_NEWNET, "net-namespace", "pdeathsig", "user-namespace"))
	}
	return append(list, within(0, "pdeathsig"))
}
