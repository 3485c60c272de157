package wire

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Payload types of envelopes. The type is signed with the payload, so that one
// kind of statement can never be passed off as another.
const (
	TypeDesired     = "application/vnd.lensdop.desired.v1+json"
	TypeDecision    = "application/vnd.lensdop.decision.v1+json"
	TypeRelease     = "application/vnd.lensdop.release.v1+json"
	TypeServerState = "application/vnd.lensdop.server-state.v1+json"
	TypeAck         = "application/vnd.lensdop.ack.v1+json"
)

// Signature kinds.
const (
	// KindEd25519 is an Ed25519 signature over the pre-authentication encoding.
	KindEd25519 = "ed25519"
	// KindWebAuthn is an ES256 assertion whose challenge is the SHA-256 of the
	// pre-authentication encoding. No verifier for it exists yet: such a
	// signature counts for nothing.
	KindWebAuthn = "webauthn-es256"
)

// Envelope is a signed statement in the form of DSSE 1.0 (protocol and
// envelope documents of the secure-systems-lab), with a kind beside each
// signature.
type Envelope struct {
	PayloadType string      `json:"payloadType"`
	Payload     []byte      `json:"payload"` // base64 in JSON
	Signatures  []Signature `json:"signatures"`
}

// Signature is one signature of an Envelope.
type Signature struct {
	KeyID string `json:"keyid"`
	Kind  string `json:"kind"`
	Sig   []byte `json:"sig"`
}

// PAE is the pre-authentication encoding of DSSE: what is really signed.
func PAE(payloadType string, payload []byte) []byte {
	var b bytes.Buffer
	b.WriteString("DSSEv1 ")
	b.WriteString(strconv.Itoa(len(payloadType)))
	b.WriteByte(' ')
	b.WriteString(payloadType)
	b.WriteByte(' ')
	b.WriteString(strconv.Itoa(len(payload)))
	b.WriteByte(' ')
	b.Write(payload)
	return b.Bytes()
}

// KeyID of a public key: the first 16 bytes of its SHA-256, in hex.
func KeyID(pub ed25519.PublicKey) string {
	h := sha256.Sum256(pub)
	return hex.EncodeToString(h[:16])
}

// EncodeKey writes a public key as text: "ed25519:" and base64.
func EncodeKey(pub ed25519.PublicKey) string {
	return "ed25519:" + base64.StdEncoding.EncodeToString(pub)
}

// ParseKey is the reverse of EncodeKey.
func ParseKey(s string) (ed25519.PublicKey, error) {
	const prefix = "ed25519:"
	if len(s) < len(prefix) || s[:len(prefix)] != prefix {
		return nil, fmt.Errorf("key %.16q…: want ed25519: followed by base64", s)
	}
	b, err := base64.StdEncoding.Strict().DecodeString(s[len(prefix):])
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	if len(b) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("key has %d bytes; an Ed25519 public key has %d", len(b), ed25519.PublicKeySize)
	}
	return b, nil
}

// Seal marshals v and signs it.
func Seal(payloadType string, v any, key ed25519.PrivateKey) (Envelope, error) {
	payload, err := json.Marshal(v)
	if err != nil {
		return Envelope{}, fmt.Errorf("seal %s: %w", payloadType, err)
	}
	return Envelope{
		PayloadType: payloadType,
		Payload:     payload,
		Signatures: []Signature{{
			KeyID: KeyID(key.Public().(ed25519.PublicKey)),
			Kind:  KindEd25519,
			Sig:   ed25519.Sign(key, PAE(payloadType, payload)),
		}},
	}, nil
}

// Trust is a set of public keys. There is no way to switch verification off.
type Trust []ed25519.PublicKey

// ErrSignature tells that no trusted key signed the statement.
var ErrSignature = errors.New("no trusted signature")

// Open verifies an envelope and decodes its payload strictly into v. It
// returns the ids of the distinct trusted keys that signed. Without at least
// one, the payload is not looked at.
func (t Trust) Open(e Envelope, payloadType string, v any) ([]string, error) {
	if e.PayloadType != payloadType {
		return nil, fmt.Errorf("envelope is of type %q, want %q", e.PayloadType, payloadType)
	}
	if len(e.Payload) > MaxMessage {
		return nil, fmt.Errorf("payload of %d bytes; the limit is %d", len(e.Payload), MaxMessage)
	}
	pae := PAE(e.PayloadType, e.Payload)
	seen := map[string]bool{}
	var signers []string
	for _, s := range e.Signatures {
		if s.Kind != KindEd25519 {
			continue
		}
		for _, pub := range t {
			id := KeyID(pub)
			if id == s.KeyID && !seen[id] && ed25519.Verify(pub, pae, s.Sig) {
				seen[id] = true
				signers = append(signers, id)
			}
		}
	}
	if len(signers) == 0 {
		return nil, ErrSignature
	}
	if err := Decode(e.Payload, v); err != nil {
		return nil, err
	}
	return signers, nil
}

// Decode reads exactly one JSON value of known fields. Unknown fields and
// trailing bytes are errors: what was signed is all that is read.
func Decode(b []byte, v any) error {
	if len(b) > MaxMessage {
		return fmt.Errorf("message of %d bytes; the limit is %d", len(b), MaxMessage)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("message: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("message: bytes after its end")
	}
	return nil
}
