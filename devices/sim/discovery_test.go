package sim

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/net/ipv4"
)

func probeMessage(id, inner string) string {
	return `<e:Envelope xmlns:e="` + nsEnv + `" xmlns:w="` + nsWSA + `" xmlns:p="` + nsWSD + `"><e:Header><w:MessageID>` + id +
		`</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To><w:Action>` + nsWSD + `/Probe</w:Action></e:Header><e:Body>` + inner + `</e:Body></e:Envelope>`
}

const (
	typelessProbe = `<p:Probe/>`
	typedProbe    = `<p:Probe><p:Types xmlns:z="http://www.onvif.org/ver10/network/wsdl">z:NetworkVideoTransmitter</p:Types></p:Probe>`
)

// listener is a UDP socket on loopback that sends multicast by lo only.
func listener(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Skip("lo is not installed: multicast was not tried")
	}
	p := ipv4.NewPacketConn(c)
	if err := p.SetMulticastInterface(lo); err != nil {
		t.Fatal(err)
	}
	if err := p.SetMulticastTTL(1); err != nil {
		t.Fatal(err)
	}
	return c
}

// gather sends and collects answers by source address, until want have come
// or the time is over.
func gather(t *testing.T, c *net.UDPConn, to, message string, want int, wait time.Duration) map[string]string {
	t.Helper()
	addr, err := net.ResolveUDPAddr("udp4", to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.WriteTo([]byte(message), addr); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	if err := c.SetReadDeadline(time.Now().Add(wait)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 65536)
	for len(got) < want {
		n, from, err := c.ReadFromUDP(buf)
		if err != nil {
			return got
		}
		got[from.String()] += string(buf[:n])
	}
	return got
}

func TestDiscoveryOfThree(t *testing.T) {
	defer goleak.VerifyNone(t)
	c := listener(t)
	defer func() { _ = c.Close() }()
	var cameras []*Device
	for i := range 3 {
		d, err := Start(t.Context(), Camera{Host: fmt.Sprintf("127.0.0.%d", 41+i), Name: fmt.Sprintf("cam %d", i), Password: "x", Location: []string{"hall"}})
		if err != nil {
			t.Skipf("UDP port 3702 cannot be shared here: %v", err)
		}
		defer func() {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}()
		cameras = append(cameras, d)
	}
	// Other devices of this machine may answer as well: only ours count.
	mine := func(got map[string]string) int {
		n := 0
		for _, d := range cameras {
			host, _, _ := net.SplitHostPort(d.Addr())
			a := got[host+":3702"]
			if strings.Contains(a, d.Endpoint()) && strings.Contains(a, "http://"+d.Addr()+deviceService) {
				n++
			}
		}
		return n
	}
	for name, inner := range map[string]string{"typed": typedProbe, "without types": typelessProbe} {
		t.Run("multicast "+name, func(t *testing.T) {
			id := "urn:uuid:" + randomUUID()
			got := gather(t, c, "239.255.255.250:3702", probeMessage(id, inner), 100, time.Second)
			if mine(got) != 3 {
				t.Errorf("%d of 3 answered: %v", mine(got), got)
			}
			for _, a := range got {
				if !strings.Contains(a, "<wsa:RelatesTo>"+id) {
					t.Errorf("does not relate to the probe: %s", a)
				}
			}
		})
	}
	t.Run("unicast reaches one", func(t *testing.T) {
		got := gather(t, c, "127.0.0.42:3702", probeMessage("urn:uuid:1", typelessProbe), 2, 500*time.Millisecond)
		if len(got) != 1 || !strings.Contains(got["127.0.0.42:3702"], cameras[1].Endpoint()) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("resolve reaches its endpoint", func(t *testing.T) {
		inner := `<p:Resolve><w:EndpointReference><w:Address>` + cameras[2].Endpoint() + `</w:Address></w:EndpointReference></p:Resolve>`
		got := gather(t, c, "239.255.255.250:3702", probeMessage("urn:uuid:2", inner), 2, 500*time.Millisecond)
		if len(got) != 1 || !strings.Contains(got["127.0.0.43:3702"], "ResolveMatches") {
			t.Errorf("got %v", got)
		}
	})
	t.Run("an unknown type reaches none", func(t *testing.T) {
		inner := `<p:Probe><p:Types xmlns:z="urn:printers">z:Printer</p:Types></p:Probe>`
		if got := gather(t, c, "239.255.255.250:3702", probeMessage("urn:uuid:3", inner), 1, 300*time.Millisecond); mine(got) != 0 {
			t.Errorf("got %v", got)
		}
	})
}

func TestHelloAndBye(t *testing.T) {
	defer goleak.VerifyNone(t)
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Skip("lo is not installed: multicast was not tried")
	}
	shared, err := listenUDP(t.Context(), "0.0.0.0", discoveryPort)
	if err != nil {
		t.Skipf("UDP port 3702 cannot be shared here: %v", err)
	}
	defer func() { _ = shared.Close() }()
	if err := shared.JoinGroup(lo, &net.UDPAddr{IP: net.ParseIP(discoveryGroup)}); err != nil {
		t.Fatal(err)
	}
	d, err := Start(t.Context(), Camera{Host: "127.0.0.44", Password: "x"})
	if err != nil {
		t.Fatal(err)
	}
	hear := func(what, instance string) {
		t.Helper()
		buf := make([]byte, 65536)
		if err := shared.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		for {
			n, _, _, err := shared.ReadFrom(buf)
			if err != nil {
				t.Fatalf("no %s: %v", what, err)
			}
			m := string(buf[:n])
			if strings.Contains(m, "<d:"+what+">") && strings.Contains(m, d.Endpoint()) {
				if !strings.Contains(m, `InstanceId="`+instance+`"`) {
					t.Errorf("%s of another instance than %s: %s", what, instance, m)
				}
				return
			}
		}
	}
	hear("Hello", "1")
	if err := d.Reboot(t.Context(), 10*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	hear("Hello", "2")
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	hear("Bye", "2")
}

func TestUnicastOnlyDiscovery(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.45", DiscoveryPort: 13702})
	c := listener(t)
	got := gather(t, c, "127.0.0.45:13702", probeMessage("urn:uuid:4", typedProbe), 1, 5*time.Second)
	if !strings.Contains(got["127.0.0.45:13702"], d.Endpoint()) {
		t.Errorf("got %v", got)
	}
}

func TestDiscoveryPortTaken(t *testing.T) {
	defer goleak.VerifyNone(t)
	// Without SO_REUSEADDR, as a careless program holds it.
	c, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp4", "127.0.0.46:13703")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_, err = Start(context.Background(), Camera{Host: "127.0.0.46", DiscoveryPort: 13703})
	if err == nil || !strings.Contains(err.Error(), "DiscoveryPort") {
		t.Errorf("got %v; want an error that names DiscoveryPort", err)
	}
}

func TestStaysOnLoopback(t *testing.T) {
	for name, c := range map[string]Camera{
		"outer address": {Host: "192.0.2.1"},
		"any address":   {Host: "0.0.0.0"},
		"a name":        {Host: "localhost"},
	} {
		if d, err := Start(t.Context(), c); err == nil {
			_ = d.Close()
			t.Errorf("%s was taken", name)
		}
	}
}

func TestProbeMatches(t *testing.T) {
	have := []string{"onvif://www.onvif.org/location/city%20hall/room%201", "onvif://www.onvif.org/type/ptz"}
	cases := []struct {
		name, inner string
		want        bool
	}{
		{"nothing asked", typelessProbe, true},
		{"default namespace", `<p:Probe><p:Types xmlns="http://www.onvif.org/ver10/device/wsdl">Device</p:Types></p:Probe>`, true},
		{"both types", `<p:Probe><p:Types xmlns:a="http://www.onvif.org/ver10/device/wsdl" xmlns:b="http://www.onvif.org/ver10/network/wsdl">a:Device b:NetworkVideoTransmitter</p:Types></p:Probe>`, true},
		{"unbound prefix", `<p:Probe><p:Types>dn:NetworkVideoTransmitter</p:Types></p:Probe>`, false},
		{"scope by segments", `<p:Probe><p:Scopes>ONVIF://www.onvif.org/location/city%20hall</p:Scopes></p:Probe>`, true},
		{"half a segment", `<p:Probe><p:Scopes>onvif://www.onvif.org/location/city</p:Scopes></p:Probe>`, false},
		{"exact scope", `<p:Probe><p:Scopes MatchBy="` + wsdExact + `">onvif://www.onvif.org/type</p:Scopes></p:Probe>`, false},
		{"rule that nobody knows", `<p:Probe><p:Scopes MatchBy="urn:x">onvif://www.onvif.org/type/ptz</p:Scopes></p:Probe>`, false},
		{"not a probe", `<p:Hello/>`, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			q, ok := parseProbe([]byte(probeMessage("urn:uuid:1", c.inner)))
			if got := ok && q.matches(have); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
