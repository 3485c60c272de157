package ui

import (
	"net/http"
	"testing"
)

func TestRemote(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		peer string
		said []string
		want string
	}{
		{"192.0.2.1:5", nil, "192.0.2.1"},
		{"192.0.2.1:5", []string{"198.51.100.1"}, "192.0.2.1"}, // anybody can write that
		{"127.0.0.1:5", nil, "127.0.0.1"},
		{"127.0.0.1:5", []string{"198.51.100.1"}, "198.51.100.1"},
		{"[::1]:5", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		{"127.0.0.1:5", []string{"203.0.113.9", "10.0.0.1, 198.51.100.1"}, "198.51.100.1"},
		{"127.0.0.1:5", []string{"somebody"}, "127.0.0.1"},
		{"@", nil, "@"},
	} {
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-For": c.said}}
		if got := remote(r); got != c.want {
			t.Errorf("%s saying %q is taken for %s, want %s", c.peer, c.said, got, c.want)
		}
	}
}
