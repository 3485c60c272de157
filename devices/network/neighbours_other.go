//go:build !linux

package network

import "errors"

func neighbours() ([]neighbour, error) {
	return nil, errors.New("the neighbour table is read on Linux only")
}
