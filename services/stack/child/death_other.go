//go:build !linux

package child

import "syscall"

// Only Linux has a parent-death signal.
func setDeathSignal(*syscall.SysProcAttr, syscall.Signal) {}
