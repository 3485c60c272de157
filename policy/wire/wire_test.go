package wire_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/lensdop/lensdop/policy/wire"
)

func key(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func pub(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

// The example of the DSSE 1.0 protocol document.
func TestPAEOfTheSpecification(t *testing.T) {
	got := string(wire.PAE("http://example.com/HelloWorld", []byte("hello world")))
	if want := "DSSEv1 29 http://example.com/HelloWorld 11 hello world"; got != want {
		t.Errorf("PAE %q, want %q", got, want)
	}
}

// RFC 8032 §7.1 test 1: the seed's public key, so that keys in configs are what
// other tools make of the same seed.
func TestKeysAreThoseOfTheRFC(t *testing.T) {
	seed, err := hex.DecodeString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
	if err != nil {
		t.Fatal(err)
	}
	text := wire.EncodeKey(pub(ed25519.NewKeyFromSeed(seed)))
	if want := "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="; text != want {
		t.Errorf("key %s, want %s", text, want)
	}
	back, err := wire.ParseKey(text)
	if err != nil || !back.Equal(pub(ed25519.NewKeyFromSeed(seed))) {
		t.Errorf("parsed %x, %v", back, err)
	}
}

func TestParseKeyRefuses(t *testing.T) {
	good := wire.EncodeKey(pub(key(1)))
	for name, text := range map[string]string{
		"empty":         "",
		"no kind":       strings.TrimPrefix(good, "ed25519:"),
		"other kind":    "rsa:" + good[8:],
		"short":         "ed25519:" + base64.StdEncoding.EncodeToString([]byte("short")),
		"no base64":     "ed25519:***",
		"bytes after":   good + "A",
		"loose padding": good[:len(good)-2] + "p=",
	} {
		if k, err := wire.ParseKey(text); err == nil {
			t.Errorf("%s: %q gave %x", name, text, k)
		}
	}
}

type note struct {
	Text string `json:"text"`
}

const noteType = "application/vnd.lensdop.note+json"

func seal(t *testing.T, v any, k ed25519.PrivateKey) wire.Envelope {
	t.Helper()
	e, err := wire.Seal(noteType, v, k)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestOpen(t *testing.T) {
	a, b, stranger := key(1), key(2), key(3)
	trust := wire.Trust{pub(a), pub(b)}
	e := seal(t, note{"close"}, a)
	sig := func(k ed25519.PrivateKey) wire.Signature { return seal(t, note{"close"}, k).Signatures[0] }
	with := func(change func(*wire.Envelope)) wire.Envelope {
		c := e
		c.Payload, c.Signatures = slices.Clone(e.Payload), slices.Clone(e.Signatures)
		change(&c)
		return c
	}
	raw := func(payload string) wire.Envelope {
		c := wire.Envelope{PayloadType: noteType, Payload: []byte(payload)}
		c.Signatures = []wire.Signature{{KeyID: wire.KeyID(pub(a)), Kind: wire.KindEd25519, Sig: ed25519.Sign(a, wire.PAE(noteType, c.Payload))}}
		return c
	}
	for name, x := range map[string]struct {
		e       wire.Envelope
		signers int // 0: refused
	}{
		"good":                          {e, 1},
		"two keys":                      {with(func(c *wire.Envelope) { c.Signatures = append(c.Signatures, sig(b)) }), 2},
		"one key twice counts once":     {with(func(c *wire.Envelope) { c.Signatures = append(c.Signatures, sig(a)) }), 1},
		"a stranger beside":             {with(func(c *wire.Envelope) { c.Signatures = append(c.Signatures, sig(stranger)) }), 1},
		"a stranger alone":              {with(func(c *wire.Envelope) { c.Signatures = []wire.Signature{sig(stranger)} }), 0},
		"no signature":                  {with(func(c *wire.Envelope) { c.Signatures = nil }), 0},
		"payload changed":               {with(func(c *wire.Envelope) { c.Payload[len(c.Payload)-3] ^= 1 }), 0},
		"signature changed":             {with(func(c *wire.Envelope) { c.Signatures[0].Sig = bytes.Repeat([]byte{1}, 64) }), 0},
		"signature too short":           {with(func(c *wire.Envelope) { c.Signatures[0].Sig = c.Signatures[0].Sig[:10] }), 0},
		"another key's id":              {with(func(c *wire.Envelope) { c.Signatures[0].KeyID = wire.KeyID(pub(b)) }), 0},
		"no key id":                     {with(func(c *wire.Envelope) { c.Signatures[0].KeyID = "" }), 0},
		"no kind":                       {with(func(c *wire.Envelope) { c.Signatures[0].Kind = "" }), 0},
		"a kind that is not verified":   {with(func(c *wire.Envelope) { c.Signatures[0].Kind = wire.KindWebAuthn }), 0},
		"passed off as another type":    {with(func(c *wire.Envelope) { c.PayloadType = wire.TypeRelease }), 0},
		"signed, with an unknown field": {raw(`{"text":"close","also":1}`), 0},
		"signed, with bytes after":      {raw(`{"text":"close"} {}`), 0},
		"signed, too large":             {raw(`{"text":"` + strings.Repeat("x", wire.MaxMessage) + `"}`), 0},
		"signed, no JSON":               {raw(`close`), 0},
	} {
		t.Run(name, func(t *testing.T) {
			var n note
			signers, err := trust.Open(x.e, noteType, &n)
			if len(signers) != x.signers || (err == nil) != (x.signers > 0) {
				t.Errorf("signers %v, error %v; want %d", signers, err, x.signers)
			}
			if err == nil && n.Text != "close" {
				t.Errorf("read %+v", n)
			}
		})
	}
	if _, err := (wire.Trust{}).Open(e, noteType, &note{}); !errors.Is(err, wire.ErrSignature) {
		t.Errorf("without keys: %v", err)
	}
}

func TestTopics(t *testing.T) {
	for _, k := range []wire.Kind{wire.KindDesired, wire.KindAck, wire.KindConn, wire.KindHello, wire.KindReported, wire.KindEvents} {
		tenant, agent, kind, err := wire.ParseTopic(wire.Topic("lensmonde", "gw-1", k))
		if tenant != "lensmonde" || agent != "gw-1" || kind != k || err != nil {
			t.Errorf("%s: %s %s %s %v", k, tenant, agent, kind, err)
		}
	}
	for _, bad := range []string{
		"", "lensdop/v1/t/a/x", "lensdop/v1/t/a/x/ev/more", "lensdop/v2/t/a/x/ev", "lensdop/v1/t/b/x/ev",
		"lensdop/v1/+/a/x/ev", "lensdop/v1/t/a/#/ev", "lensdop/v1//a/x/ev", "lensdop/v1/t/a/X/ev", "lensdop/v1/t/a/-x/ev",
		"lensdop/v1/t/a/x\x00/ev", wire.ServerTopic("lensmonde"),
	} {
		if _, _, _, err := wire.ParseTopic(bad); err == nil {
			t.Errorf("topic %q was taken", bad)
		}
	}
	may := []wire.Kind{wire.KindConn, wire.KindHello, wire.KindReported, wire.KindEvents}
	for _, k := range []wire.Kind{wire.KindDesired, wire.KindAck, wire.KindConn, wire.KindHello, wire.KindReported, wire.KindEvents, "other", ""} {
		if wire.AgentMayPublish(k) != slices.Contains(may, k) {
			t.Errorf("an agent may publish %q: %t", k, wire.AgentMayPublish(k))
		}
	}
}

func FuzzParseTopic(f *testing.F) {
	f.Add("lensdop/v1/lensmonde/a/gw-1/ev")
	f.Add("lensdop/v1/+/a/#/ev")
	f.Fuzz(func(t *testing.T, topic string) {
		tenant, agent, kind, err := wire.ParseTopic(topic)
		if err == nil && wire.Topic(tenant, agent, kind) != topic {
			t.Errorf("%q became %q", topic, wire.Topic(tenant, agent, kind))
		}
	})
}

func FuzzOpen(f *testing.F) {
	a := key(1)
	e, err := wire.Seal(noteType, note{"close"}, a)
	if err != nil {
		f.Fatal(err)
	}
	good, err := json.Marshal(e)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"payloadType":"x","payload":"AA==","signatures":[{}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var got wire.Envelope
		if wire.Decode(b, &got) != nil {
			return
		}
		var n note
		if _, err := (wire.Trust{pub(a)}).Open(got, noteType, &n); err == nil && !bytes.Equal(got.Payload, e.Payload) {
			t.Errorf("%q was taken, and nobody signed it", got.Payload)
		}
	})
}
