package server

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Parameters of argon2id (RFC 9106): 64 MiB, two passes, one lane.
const (
	argonTime   = 2
	argonMemory = 64 << 10 // KiB
	argonLanes  = 1
	argonKey    = 32
	argonSalt   = 16
)

// hashPassword returns the hash in PHC form, with its parameters.
func hashPassword(password string) (string, error) {
	salt := make([]byte, argonSalt)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	return phc(salt, argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)), nil
}

func phc(salt, key []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes, b64(salt), b64(key))
}

// decoy stands in for the hash of a name that does not exist, so that such a
// name costs the same work as a wrong password. No password is known to fit it.
func decoy() string { return phc(make([]byte, argonSalt), make([]byte, argonKey)) }

// checkPassword compares in constant time. A hash with larger parameters than
// ours is refused: it comes from our own database, where none was written.
func checkPassword(hash, password string) (bool, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errors.New("stored password hash cannot be read; set the password anew")
	}
	var version int
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, errors.New("stored password hash is of an unknown version; set the password anew")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil ||
		memory > argonMemory || passes == 0 || passes > 16 || lanes == 0 {
		return false, errors.New("stored password hash has unusable parameters; set the password anew")
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, fmt.Errorf("stored password hash: %w", err)
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) != argonKey {
		return false, errors.New("stored password hash cannot be read; set the password anew")
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, argonKey)
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// hasher lets few hashes be computed at a time, since each takes 64 MiB, and
// few wait for their turn, since nobody waits longer than a page may take.
type hasher struct{ turn, queue chan struct{} }

func newHasher() hasher {
	return hasher{turn: make(chan struct{}, 2), queue: make(chan struct{}, 40)}
}

var errBusy = errors.New("too many sign-ins at a time")

// check is checkPassword in turn. With an empty hash it takes as long and says no.
func (h hasher) check(ctx context.Context, hash, password string) (bool, error) {
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return false, errBusy
	}
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	if hash == "" {
		_, err := checkPassword(decoy(), password)
		return false, err
	}
	return checkPassword(hash, password)
}
