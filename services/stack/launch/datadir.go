package launch

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/tasklane/tasklane/services/stack/postgres"
)

// The contents of the data directory.
const (
	postgresData = "postgres"
	secretsFile  = "secrets.json"
	lockFile     = "lock"
)

// openDataDir creates the data directory and locks it, until unlock or the end of
// the process.
func openDataDir(path string) (dir string, unlock func(), err error) {
	dir, err = filepath.Abs(path)
	if err != nil {
		return "", nil, err
	}
	// Other accounts may enter, because PostgreSQL may run under one.
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return "", nil, fmt.Errorf("another stack is running on %s: stop it, or choose another directory with DATA_DIR", dir)
		}
		return "", nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return dir, func() { file.Close() }, nil
}

// RemoveData removes the stack's files from the data directory, and the directory
// itself if nothing else is in it.
func RemoveData(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	dir, unlock, err := openDataDir(path)
	if err != nil {
		return err
	}
	defer unlock()
	if err := postgres.StopLeftover(ctx, filepath.Join(dir, postgresData)); err != nil {
		return err
	}
	for _, name := range []string{postgresData, secretsFile, lockFile} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		return err
	}
	return os.Remove(dir)
}

// secrets are the local stack's secrets, generated on the first run.
type secrets struct {
	Superuser  string `json:"postgresSuperuserPassword"`
	Owner      string `json:"postgresOwnerPassword"`
	Auth       string `json:"postgresAuthPassword"`
	App        string `json:"postgresAppPassword"`
	BetterAuth string `json:"betterAuthSecret"`
}

// loadSecrets reads the secrets, which only the owner may read, and generates
// missing ones.
func loadSecrets(dataDir string) (secrets, error) {
	path := filepath.Join(dataDir, secretsFile)
	var all secrets
	raw, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return secrets{}, err
	default:
		if err := json.Unmarshal(raw, &all); err != nil {
			return secrets{}, fmt.Errorf("read %s: %w", path, err)
		}
	}

	complete := true
	for _, secret := range []*string{&all.Superuser, &all.Owner, &all.Auth, &all.App, &all.BetterAuth} {
		if *secret == "" {
			*secret = rand.Text() + rand.Text() // 256 bits
			complete = false
		}
	}
	if complete {
		return all, os.Chmod(path, 0o600)
	}
	raw, err = json.MarshalIndent(all, "", "  ")
	if err != nil {
		return secrets{}, err
	}
	// Under another name first: without the passwords in a complete file, the data would
	// be inaccessible.
	if err := os.WriteFile(path+".new", append(raw, '\n'), 0o600); err != nil {
		return secrets{}, err
	}
	return all, os.Rename(path+".new", path)
}
