package bench

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/procfs"
)

// machine describes the machine and the software of a run.
type machine struct {
	processor, system string
	cores             int
	memory            uint64 // in bytes
	golang, node      string
	postgres          string
	commit            string
	at                time.Time
	// load is the machine's load average of five minutes before the first
	// round; zero means unknown.
	load float64
}

// assumedMemory is the size of the memory on systems that do not report it, in bytes.
const assumedMemory = 4 << 30

// memorySize returns the machine's memory in bytes.
func memorySize() (uint64, error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return assumedMemory, nil
	}
	memory, err := fs.Meminfo()
	if err != nil || memory.MemTotalBytes == nil {
		return 0, fmt.Errorf("read the size of the memory: %w", err)
	}
	return *memory.MemTotalBytes, nil
}

func (s *stack) machine(ctx context.Context) (machine, error) {
	m := machine{
		processor: runtime.GOARCH, system: runtime.GOOS, cores: runtime.NumCPU(), golang: runtime.Version(),
		commit: "unknown", at: time.Now().UTC(),
	}
	if fs, err := procfs.NewDefaultFS(); err == nil {
		if cpus, err := fs.CPUInfo(); err == nil && len(cpus) > 0 && cpus[0].ModelName != "" {
			m.processor = cpus[0].ModelName
		}
		if load, err := fs.LoadAvg(); err == nil {
			m.load = load.Load5
		}
	}
	var err error
	if m.memory, err = memorySize(); err != nil {
		return m, err
	}
	// Without git, the report does not name the commit.
	if out, err := exec.CommandContext(ctx, "git", "-C", s.root, "describe", "--always", "--dirty").Output(); err == nil {
		m.commit = strings.TrimSpace(string(out))
	}
	out, err := exec.CommandContext(ctx, s.node, "--version").Output()
	if err != nil {
		return m, err
	}
	m.node = strings.TrimSpace(string(out))
	conn, err := pgx.Connect(ctx, s.postgres.AdminURL(mainDatabase))
	if err != nil {
		return m, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return m, conn.QueryRow(ctx, "SHOW server_version").Scan(&m.postgres)
}
