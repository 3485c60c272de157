package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lensdop/lensdop/agent"
	"github.com/lensdop/lensdop/devices/badge"
	"github.com/lensdop/lensdop/policy"
	"github.com/lensdop/lensdop/policy/rules"
)

func TestProtocolCheck(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("kind: Protocol\nkamera: none\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := []string{"testdata/one-camera.yaml", "../../policy/examples/lensmonde.yaml"}
	if r := execute(t, append([]string{"protocol", "check"}, good...)...); r.code != 0 || strings.Count(r.stdout, "can be evaluated") != 2 {
		t.Errorf("good files: %+v", r)
	}
	if r := execute(t, "protocol", "check", bad); r.code != 1 || !strings.Contains(r.stderr, "bad.yaml:2:") {
		t.Errorf("a bad file: %+v, want exit code 1 and the line of the unknown key", r)
	}
	r := execute(t, "protocol", "check", "--json", good[0], bad, "absent.yaml")
	if r.code != 1 {
		t.Errorf("exit code %d, want 1", r.code)
	}
	var got []bool
	for d := json.NewDecoder(strings.NewReader(r.stdout)); d.More(); {
		var f checkedProtocol
		if err := d.Decode(&f); err != nil {
			t.Fatal(err)
		}
		wrong := slices.ContainsFunc(f.Problems, func(p policy.Problem) bool { return p.Class == policy.ClassError })
		if f.OK == wrong || len(f.Files) != 1 {
			t.Errorf("%+v", f)
		}
		got = append(got, f.OK)
	}
	if !slices.Equal(got, []bool{true, false, false}) {
		t.Errorf("ok %v, want true, false, false", got)
	}
}

// device starts a simulated device as a process of its own and decodes where
// it says that it is.
func device(t *testing.T, up any, args ...string) {
	t.Helper()
	cmd := lensdop(t, append([]string{"sim"}, args...)...)
	var out, errs lines
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Cancel() // it may have ended; Wait tells
		if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() != 0 {
			t.Errorf("sim %s: %v: %s", args[0], err, errs.String())
		}
	})
	until(t, 20*time.Second, "the simulated device says where it is", func() bool {
		if cmd.ProcessState != nil || strings.HasPrefix(errs.String(), "lensdop:") {
			t.Fatalf("sim %s: %s", args[0], errs.String())
		}
		return strings.HasSuffix(out.String(), "\n")
	})
	if err := json.Unmarshal([]byte(out.String()), up); err != nil {
		t.Fatalf("%q: %v", out.String(), err)
	}
}

const (
	counterHost     = "127.11.41.7"
	counterEndpoint = "urn:uuid:1e45d000-0004-4000-8000-00000000de04"
	discoveryPort   = "40702" // unicast: other tests hold port 3702
)

func counter(t *testing.T, more ...string) (up simulatedCamera) {
	t.Helper()
	device(t, &up, append([]string{
		"camera", "--json", "--host", counterHost, "--discovery", discoveryPort, "--endpoint", counterEndpoint,
		"--serial", "LM-BAL-0004", "--location", "building/Balie", "--room", "counter", "--substream=false",
	}, more...)...)
	return up
}

// gatewayFor writes an agent's config with a protocol file and no server.
func gatewayFor(t *testing.T, more string) (config string) {
	t.Helper()
	dir := t.TempDir()
	protocol, err := filepath.Abs("testdata/one-camera.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// A socket's path is short.
	short, err := os.MkdirTemp("", "ld")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(short); err != nil {
			t.Error(err)
		}
	})
	for name, text := range map[string]string{
		"agent.yaml": fmt.Sprintf("tenant: lensmonde\nagent: gw-balie\nsite: balie\nstate: state\nprotocol: %s\ncredentials: credentials.yaml\nsocket: %s/s\n"+
			"discovery: {interfaces: [lo], unicast: [%q], subnets: [%s/32], timeout: 500ms}\n"+
			"every: {discover: 2s, check: 1s, retry: 500ms}\n%s", protocol, short, counterHost+":"+discoveryPort, counterHost, more),
		"credentials.yaml": "logins:\n  - {match: \"*\", user: lensdop, password: simulated}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "agent.yaml")
}

func open(t *testing.T, stdout string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(stdout), v); err != nil {
		t.Fatalf("%q is no JSON: %v", stdout, err)
	}
}

// TestAgentCommands follows a gateway from an unmasked camera to a site where
// everything complies.
func TestAgentCommands(t *testing.T) {
	counter(t)
	config := gatewayFor(t, "")

	r := execute(t, "agent", "discover", "-c", config, "--json")
	var found agent.Discovery
	open(t, r.stdout, &found)
	if r.code != 0 || len(found.Devices) != 1 || !slices.Equal(found.Devices[0].Cameras, []string{"balie"}) || len(found.NotSearched) != 0 {
		t.Errorf("discover: exit code %d, %+v; want 0 and the one registered camera", r.code, found)
	}

	r = execute(t, "agent", "status", "-c", config, "--json")
	if r.code != 1 || !strings.Contains(r.stderr, "is it running?") {
		t.Errorf("status without an agent: %+v, want exit code 1", r)
	}

	r = execute(t, "agent", "check", "-c", config, "--json", "--listen", "100ms")
	var findings []rules.Finding
	open(t, r.stdout, &findings)
	if r.code != 3 || rules.OK(findings) || len(findings) == 0 {
		t.Errorf("check before anything is masked: exit code %d, %d findings; want 3", r.code, len(findings))
	}

	running := lensdop(t, "agent", "run", "-c", config)
	var errs lines
	running.Stderr = &errs
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	var status agent.Status
	until(t, 40*time.Second, "status with exit code 0", func() bool {
		r = execute(t, "agent", "status", "-c", config, "--json")
		if r.code != 1 {
			open(t, r.stdout, &status)
		}
		return r.code == 0
	})
	if len(status.Reported.Cameras) != 1 || !status.Reported.Cameras[0].Obeys || status.Reported.Cameras[0].Ordered != "zones" {
		t.Errorf("status: %+v", status.Reported.Cameras)
	}
	if r = execute(t, "agent", "check", "-c", config, "--json"); r.code != 0 {
		t.Errorf("check beside a running agent: %+v", r)
	}
	if err := running.Cancel(); err != nil {
		t.Fatal(err)
	}
	if err := running.Wait(); err != nil && running.ProcessState.ExitCode() != 0 {
		t.Errorf("agent: %v: %s", err, errs.String())
	}

	r = execute(t, "agent", "check", "-c", config, "--listen", "100ms")
	if r.code != 0 {
		t.Errorf("check of a site that complies: %+v, want exit code 0", r)
	}
	if r = execute(t, "agent", "check", "-c", "absent.yaml", "--json"); r.code != 1 || r.stderr == "" {
		t.Errorf("check without a config: %+v, want exit code 1", r)
	}
}

// TestAgentReader lets the agent's commands listen to a simulated reader that
// nobody registered and that sends card numbers in clear.
func TestAgentReader(t *testing.T) {
	var up simulatedReader
	device(t, &up, "reader", "--json", "--every", "300ms")
	counter(t)

	r := execute(t, "agent", "readers", "--port", up.Port, "--listen", "2s", "--json")
	var x badge.Examination
	open(t, r.stdout, &x)
	if r.code != 0 || x.Verdict != badge.Plain || x.Badges == 0 {
		t.Errorf("readers: exit code %d, %+v", r.code, x)
	}
	for _, secret := range []string{BadgeExample, "16435934", "51934", "FACADE"} {
		if strings.Contains(strings.ToUpper(r.stdout+r.stderr), secret) {
			t.Errorf("a card number is in the output: %s", r.stdout)
		}
	}
	if r := execute(t, "agent", "readers", "--port", "/dev/absent"); r.code != 1 || r.stderr == "" {
		t.Errorf("readers without a line: %+v, want exit code 1", r)
	}

	config := gatewayFor(t, fmt.Sprintf("readers: {lines: [{port: %s, baud: 9600}]}\n", up.Port))
	r = execute(t, "agent", "check", "-c", config, "--json", "--listen", "1s")
	var findings []rules.Finding
	open(t, r.stdout, &findings)
	unregistered := slices.ContainsFunc(findings, func(f rules.Finding) bool { return f.Rule == "DEV-1" && f.Status == rules.Fail })
	if r.code != 3 || !unregistered {
		t.Errorf("check: exit code %d, DEV-1 failed %t; want 3 and true", r.code, unregistered)
	}
}

// TestSimRefuses holds the simulation to loopback.
func TestSimRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"sim", "camera", "--host", "192.0.2.7"}, "loopback"},
		{[]string{"sim", "camera", "--codec", "av1"}, "mjpeg"},
		{[]string{"sim", "camera", "--fault", "rain", "--discovery", "-1"}, "rain"},
		{[]string{"sim", "reader", "--frame", "rain"}, "rain"},
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), c.args, &out, &errs); code != 1 || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%q: exit code %d, %q; want 1 and %q", c.args, code, errs.String(), c.want)
		}
	}
}
