package server_test

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"github.com/lensdop/lensdop/policy/server"
	"github.com/lensdop/lensdop/policy/server/ui"
	"github.com/lensdop/lensdop/policy/wire/mqtt"
)

// breakWithWill connects with a will and then breaks the connection without a
// goodbye. It returns once the broker has dropped or seen the break.
func breakWithWill(t *testing.T, b *bench, user string, will mqtt.Message) {
	t.Helper()
	scheme, address, _ := strings.Cut(b.broker, "://")
	line, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	c := line
	if scheme == "ssl" {
		trust := b.tls.Clone()
		trust.ServerName = "127.0.0.1"
		c = tls.Client(line, trust)
	}
	p := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	p.ProtocolName, p.ProtocolVersion, p.CleanSession, p.Keepalive = "MQTT", 4, true, 30
	p.ClientIdentifier, p.Username, p.UsernameFlag, p.Password, p.PasswordFlag = user, user, true, []byte(agentPassword), true
	p.WillFlag, p.WillTopic, p.WillMessage, p.WillRetain, p.WillQos = true, will.Topic, will.Payload, will.Retain, 1
	if err := p.Write(c); err != nil {
		t.Fatal(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := packets.ReadPacket(c); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		var ne net.Error
		if errors.As(err, &ne) && ne.Timeout() {
			t.Fatal("broker neither answers nor closes")
		}
	}
	if err := line.(*net.TCPConn).SetLinger(0); err != nil { // a reset, not a farewell
		t.Fatal(err)
	}
	if err := line.Close(); err != nil {
		t.Fatal(err)
	}
}

// decideForTest covers the whole site from now.
func (b *bench) decideForTest(t *testing.T, d time.Duration) {
	t.Helper()
	now := time.Now()
	err := server.ServiceOf(b.Server).Cover(t.Context(), ui.Account{Name: "anna", Role: ui.RoleFacility, Sites: []string{site}},
		ui.CoverOrder{Site: site, From: now, Until: now.Add(d), Reason: "test"})
	if err != nil {
		t.Fatal(err)
	}
}
