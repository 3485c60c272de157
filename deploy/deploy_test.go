package deploy

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// unit holds the settings of a systemd unit by "Section.Key", in order.
type unit map[string][]string

func parseUnit(text string) (unit, error) {
	u, section := unit{}, ""
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if name, is := strings.CutPrefix(line, "["); is {
			section = strings.TrimSuffix(name, "]")
			continue
		}
		key, value, is := strings.Cut(line, "=")
		if !is || section == "" || strings.HasSuffix(line, `\`) {
			return nil, fmt.Errorf("line %d is no setting", n)
		}
		u[section+"."+key] = append(u[section+"."+key], value)
	}
	return u, lines.Err()
}

// want lists the settings that carry a promise, and the promise.
type want map[string]struct {
	value []string
	why   string
}

func walls() want {
	return want{
		"Service.DynamicUser":             {[]string{"yes"}, "runs as nobody's user"},
		"Service.NoNewPrivileges":         {[]string{"yes"}, "gains no rights, nor does anything that it starts"},
		"Service.CapabilityBoundingSet":   {[]string{""}, "has no capability"},
		"Service.AmbientCapabilities":     {[]string{""}, "has no capability"},
		"Service.ProtectSystem":           {[]string{"strict"}, "writes nowhere but into its own folders"},
		"Service.ProtectHome":             {[]string{"yes"}, "sees nobody's files"},
		"Service.ProtectKernelModules":    {[]string{"yes"}, "leaves the kernel alone"},
		"Service.ProtectKernelTunables":   {[]string{"yes"}, "leaves the kernel alone"},
		"Service.ProtectControlGroups":    {[]string{"yes"}, "keeps its own limits"},
		"Service.LimitCORE":               {[]string{"0"}, "writes no memory to a disk when it crashes"},
		"Service.UMask":                   {[]string{"0077"}, "writes for itself alone"},
		"Service.StateDirectoryMode":      {[]string{"0700"}, "keeps things for itself alone"},
		"Service.MemoryDenyWriteExecute":  {[]string{"yes"}, "makes no code of data"},
		"Service.SystemCallArchitectures": {[]string{"native"}, "has no second door into the kernel"},
		"Service.Restart":                 {[]string{"always"}, "comes back"},
		"Unit.StartLimitIntervalSec":      {[]string{"0"}, "never gives up"},
	}
}

func check(u unit, w want) (faults []string) {
	for _, key := range slices.Sorted(maps.Keys(w)) {
		if !slices.Equal(u[key], w[key].value) {
			faults = append(faults, fmt.Sprintf("%s is %q, want %q: it %s", key, u[key], w[key].value, w[key].why))
		}
	}
	return faults
}

func TestUnits(t *testing.T) {
	agent := walls()
	maps.Copy(agent, want{
		"Service.ExecStart":           {[]string{"/usr/bin/lensdop-agent run --config /etc/lensdop/agent.yaml"}, "starts the agent"},
		"Service.StateDirectory":      {[]string{"lensdop-agent"}, "keeps journal and log"},
		"Service.DevicePolicy":        {[]string{"closed"}, "opens serial ports and no other device"},
		"Service.DeviceAllow":         {[]string{"char-ttyUSB rw", "char-ttyACM rw", "char-ttyS rw", "char-ttyAMA rw"}, "listens to badge readers"},
		"Service.SupplementaryGroups": {[]string{"dialout"}, "may open serial ports"},
		"Service.MemorySwapMax":       {[]string{"0"}, "does not let pictures be swapped to a disk"},
		"Service.RestrictNamespaces":  {[]string{"user net mnt pid ipc uts"}, "may shut the decoder in, and make no other namespace"},
		"Service.LoadCredential":      {[]string{"credentials:/etc/lensdop/credentials.yaml", "broker.password:/etc/lensdop/broker.password"}, "gets its logins from root's files"},
	})
	server := walls()
	maps.Copy(server, want{
		"Service.ExecStart":          {[]string{"/usr/bin/lensdop-server run --config /etc/lensdop/server.yaml"}, "starts the server"},
		"Service.StateDirectory":     {[]string{"lensdop-server"}, "keeps the database"},
		"Service.PrivateDevices":     {[]string{"yes"}, "opens no device"},
		"Service.RestrictNamespaces": {[]string{"yes"}, "starts no child"},
	})
	for name, w := range map[string]want{"lensdop-agent.service": agent, "lensdop-server.service": server} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			u, err := parseUnit(string(text))
			if err != nil {
				t.Fatal(err)
			}
			for _, fault := range check(u, w) {
				t.Error(fault)
			}
			if u["Service.MemoryMax"] == nil || u["Service.TasksMax"] == nil {
				t.Error("no limit on memory or tasks")
			}
			// The check sees a wall that is gone, and one that a later line takes down.
			if len(check(unit{}, w)) != len(w) {
				t.Error("the check accepts a unit without walls")
			}
			u["Service.ProtectSystem"] = append(u["Service.ProtectSystem"], "no")
			if len(check(u, w)) != 1 {
				t.Error("the check overlooks a second setting")
			}
		})
	}
}

// systemd itself reads the units; the programs need not be installed for it.
func TestUnitsLoad(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed: systemd has not read the units")
	}
	program, err := exec.LookPath("true")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"lensdop-agent.service", "lensdop-server.service"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		here := strings.NewReplacer("/usr/bin/lensdop-agent", program, "/usr/bin/lensdop-server", program).Replace(string(text))
		p := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(p, []byte(here), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", p).CombinedOutput()
		if err != nil || strings.Contains(string(out), name) {
			t.Errorf("systemd on %s: %v\n%s", name, err, out)
		}
	}
}

// What the unit's head tells to add is what systemd and the agent need, and
// without it the agent can read nobody's frames.
func TestUnitAdditions(t *testing.T) {
	text, err := os.ReadFile("lensdop-agent.service")
	if err != nil {
		t.Fatal(err)
	}
	base, err := parseUnit(string(text))
	if err != nil {
		t.Fatal(err)
	}
	families := strings.Fields(strings.Join(base["Service.RestrictAddressFamilies"], " "))
	if want := []string{"AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK"}; !slices.Equal(families, want) {
		t.Errorf("the agent may open %q, want %q: it searches, reads the neighbour table, and reads no raw frames", families, want)
	}
	var added strings.Builder
	for line := range strings.Lines(string(text)) {
		if setting, is := strings.CutPrefix(line, "#     "); is {
			added.WriteString(setting)
		}
	}
	more, err := parseUnit(added.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range check(more, want{
		"Service.LoadCredential":          {[]string{"credentials.key:/etc/lensdop/credentials.key"}, "decrypts the logins"},
		"Service.CapabilityBoundingSet":   {[]string{"CAP_NET_RAW"}, "hears LLDP"},
		"Service.AmbientCapabilities":     {[]string{"CAP_NET_RAW"}, "hears LLDP"},
		"Service.RestrictAddressFamilies": {[]string{"AF_PACKET"}, "hears LLDP"},
	}) {
		t.Error(fault)
	}
	example, err := os.ReadFile("agent.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if key := "\n#credentials_key: /run/credentials/lensdop-agent.service/credentials.key\n"; !strings.Contains(string(example), key) {
		t.Errorf("the config has no %q", key)
	}
	// An example in a comment stands with the key that it is an example of.
	before, _, found := strings.Cut(string(example), "\nconsent: []\n")
	if last := before[strings.LastIndexByte(before, '\n')+1:]; !found || !strings.HasPrefix(last, "#   - {vendor: ") {
		t.Errorf("before consent: stands %q", last)
	}
}
