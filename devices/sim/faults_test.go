package sim

import (
	"context"
	"errors"
	"image"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
)

func setFault(t *testing.T, d *Device, name string, on bool) {
	t.Helper()
	if err := d.SetFault(name, on); err != nil {
		t.Fatal(err)
	}
}

func TestFaultNames(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.51"})
	if err := d.SetFault("meltdown", true); err == nil || !strings.Contains(err.Error(), FaultStreamDead) {
		t.Errorf("unknown fault: %v; want an error that lists the known ones", err)
	}
	setFault(t, d, FaultStreamDead, true)
	setFault(t, d, FaultClock1970, true)
	if got := strings.Join(d.Faults(), " "); got != "clock-1970 stream-dead" {
		t.Errorf("faults: %s", got)
	}
	setFault(t, d, FaultClock1970, false)
	if got := strings.Join(d.Faults(), " "); got != "stream-dead" {
		t.Errorf("faults: %s", got)
	}
}

func TestSilent(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.52"})
	setFault(t, d, FaultSilent, true)
	for what, addr := range map[string]string{"HTTP": d.Addr(), "RTSP": d.RTSPAddr()} {
		c, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(t.Context(), "tcp4", addr)
		if err != nil {
			t.Fatalf("%s: a silent device accepts connections: %v", what, err)
		}
		if _, err := c.Write([]byte("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
			t.Error(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
			t.Error(err)
		}
		n, err := c.Read(make([]byte, 1))
		var timeout net.Error
		if n != 0 || !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("%s: got %d bytes and %v; want silence", what, n, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	setFault(t, d, FaultSilent, false)
	ask(t, d).ok(deviceService, `<tds:GetDeviceInformation/>`)
}

func TestMaskFaults(t *testing.T) {
	open := func(p *image.YCbCr) bool { return brightness(p) > 40 }
	closed := func(p *image.YCbCr) bool { return brightness(p) < 1 }
	cases := []struct {
		fault     string
		reported  int
		main, sub func(*image.YCbCr) bool
	}{
		{"", 1, closed, closed},
		{FaultMaskNotApplied, 1, open, open},
		{FaultMaskNotStored, 0, open, open},
		{FaultMaskFirstProfileOnly, 1, closed, open},
		{FaultMaskShrunk, 1, open, open},
	}
	d := start(t, Camera{Host: "127.0.0.53", Masks: true, SubStream: true})
	a := ask(t, d)
	for _, c := range cases {
		t.Run("fault "+c.fault, func(t *testing.T) {
			a.t = t
			if c.fault != "" {
				setFault(t, d, c.fault, true)
				defer setFault(t, d, c.fault, false)
			}
			if got := a.ok(media2Service, createMask("vsc_1", fullMask)); !strings.Contains(got, "<tr2:Token>mask_") {
				t.Error(got)
			}
			if got := strings.Count(a.ok(media2Service, `<tr2:GetMasks/>`), "<tr2:Masks "); got != c.reported {
				t.Errorf("%d masks reported, want %d", got, c.reported)
			}
			if p := a.snap(d.SnapshotURL(1)); !c.main(p) {
				t.Errorf("main stream has mean %.1f", brightness(p))
			}
			if p := a.snap(d.snapshotURL(1, pathSub)); !c.sub(p) {
				t.Errorf("sub-stream has mean %.1f", brightness(p))
			}
			for _, m := range d.Masks() {
				d.RemoveMask(m.Token)
			}
		})
	}
}

func TestReboot(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.54", Masks: true, FPS: 10})
	if _, err := d.AddMask(1, box(0, 0, 0.5, 0.5)); err != nil {
		t.Fatal(err)
	}
	v := mustView(t, d.RTSPURL(1))
	v.next(t)
	web, rtsp := d.Addr(), d.RTSPURL(1)
	if err := d.Reboot(t.Context(), 20*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := v.client.Wait(); err == nil {
		t.Error("the stream outlived the reboot")
	}
	if d.Addr() != web || d.RTSPURL(1) != rtsp {
		t.Errorf("after reboot at %s and %s, before at %s and %s", d.Addr(), d.RTSPURL(1), web, rtsp)
	}
	mustView(t, d.RTSPURL(1)).next(t)
	if len(d.Masks()) != 1 {
		t.Errorf("%d masks after a reboot, want 1", len(d.Masks()))
	}
	setFault(t, d, FaultForgetsMasks, true)
	if err := d.Reboot(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if len(d.Masks()) != 0 {
		t.Error("it forgets masks, and has them")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Reboot(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestStreamDead(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.55", FPS: 20})
	setFault(t, d, FaultStreamDead, true)
	v := mustView(t, d.RTSPURL(1))
	select {
	case <-v.any:
		t.Error("a dead stream sent a packet")
	case <-time.After(300 * time.Millisecond): // six frames
	}
	setFault(t, d, FaultStreamDead, false)
	v.next(t)
}

func TestSingleSession(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.56"})
	setFault(t, d, FaultSingleSession, true)
	first := mustView(t, d.RTSPURL(1))
	var bad liberrors.ErrClientBadStatusCode
	if _, err := view(d.RTSPURL(1), "sesame"); !errors.As(err, &bad) || bad.Code != base.StatusNotEnoughBandwidth {
		t.Errorf("second session: %v, want 453", err)
	}
	first.next(t)
	first.client.Close()
	eventually(t, "the session is free again", func() bool { return d.Stats().Sessions == 0 })
	mustView(t, d.RTSPURL(1)).next(t)
	if s := d.Stats(); s.Busy != 1 || s.MaxSeen != 1 {
		t.Errorf("%+v", s)
	}
}

func TestClock1970(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.57"})
	setFault(t, d, FaultClock1970, true)
	a := ask(t, d)
	if got := a.ok(deviceService, `<tds:GetSystemDateAndTime/>`); !strings.Contains(got, "<tt:Year>1970</tt:Year>") {
		t.Error(got)
	}
	a.fault(deviceService, `<tds:GetScopes/>`, "ter:NotAuthorized")
	a.when = d.now
	a.ok(deviceService, `<tds:GetScopes/>`)
}

func TestHTMLError(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.58"})
	setFault(t, d, FaultHTMLError, true)
	status, header, _ := ask(t, d).post(deviceService, `<tds:GetScopes/>`)
	if status != http.StatusInternalServerError || !strings.HasPrefix(header.Get("Content-Type"), "text/html") {
		t.Errorf("status %d, %q", status, header.Get("Content-Type"))
	}
}

func TestDigestOnly(t *testing.T) {
	d := start(t, Camera{Host: "127.0.0.59"})
	setFault(t, d, FaultDigestOnly, true)
	a := ask(t, d)
	status, header, _ := a.post(deviceService, `<tds:GetScopes/>`)
	if status != http.StatusUnauthorized {
		t.Errorf("token: status %d, want 401", status)
	}
	a.when = nil
	a.header = digest(t, header, http.MethodPost, deviceService, "admin", "sesame", "SHA-256", 1)
	a.ok(deviceService, `<tds:GetScopes/>`)
}

func TestEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	d, err := Start(ctx, Camera{Host: "127.0.0.60", DiscoveryPort: -1})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	eventually(t, "the port is closed", func() bool {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp4", d.Addr())
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	for range 2 {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := d.Reboot(t.Context(), 0); err == nil {
		t.Error("a closed device rebooted")
	}
}

func TestMissingEncoder(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Start(t.Context(), Camera{Host: "127.0.0.61", DiscoveryPort: -1, Codec: codecH264})
	if err == nil || !strings.Contains(err.Error(), "ffmpeg") || !strings.Contains(err.Error(), "mjpeg") {
		t.Errorf("got %v; want an error that names ffmpeg and the way out", err)
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	var b syncBuffer
	d := start(t, Camera{Host: "127.0.0.62", Log: b.logger()})
	a := ask(t, d)
	a.ok(deviceService, `<tds:GetScopes/>`)
	a.pw = "guess"
	a.fault(deviceService, `<tds:GetScopes/>`, "ter:NotAuthorized")
	mustView(t, d.RTSPURL(1)).next(t)
	if got := b.String(); strings.Contains(got, "sesame") || !strings.Contains(got, "simulated camera is up") {
		t.Errorf("log: %s", got)
	}
}
