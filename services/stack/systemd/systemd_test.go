// Package systemd_test installs services/deploy/systemd below another root and checks
// the result.
package systemd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tasklane/tasklane/services/stack/repotest"
)

// built are the files outside the repository that install.sh copies.
var built = []string{".build/tasks", ".build/bff", "web-contract/demo/dist/index.html", "services/auth/node_modules/better-auth/package.json"}

// checkout returns a copy of the files that install.sh needs.
func checkout(t *testing.T) string {
	t.Helper()
	root, copied := repotest.Root(t), t.TempDir()
	for _, dir := range []string{"services/deploy/systemd", "services/stack/roles"} {
		if err := os.CopyFS(filepath.Join(copied, dir), os.DirFS(filepath.Join(root, dir))); err != nil {
			t.Fatal(err)
		}
	}
	sources, err := filepath.Glob(filepath.Join(root, "services", "auth", "*.mjs"))
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	for _, source := range append(sources, filepath.Join(root, "services", "auth", "package.json")) {
		write(t, filepath.Join(copied, "services", "auth", filepath.Base(source)), repotest.Read(t, source))
	}
	for _, path := range built {
		write(t, filepath.Join(copied, path), "#!/bin/sh\n")
	}
	return copied
}

// install runs install.sh, and returns the root directory of the installation.
func install(t *testing.T, args ...string) (dest, output string, err error) {
	t.Helper()
	copied, dest := checkout(t), t.TempDir()
	output, err = run(t, copied, dest, args...)
	if err != nil {
		return dest, output, err
	}
	// Run it again, as for an upgrade: it keeps the settings, and a bff that still runs
	// finds the page with which it has started.
	before := settings(t, dest)
	page, err := os.OpenRoot(filepath.Join(dest, "opt", "tasklane", "page"))
	if err != nil {
		t.Fatal(err)
	}
	defer page.Close()
	if again, err := run(t, copied, dest); err != nil {
		t.Errorf("the second run: %v\n%s", err, again)
	}
	if _, err := page.Stat("index.html"); err != nil {
		t.Errorf("the second run removes the page of the running bff: %v", err)
	}
	if diff := cmp.Diff(before, settings(t, dest)); diff != "" {
		t.Errorf("the second run changes the settings (-before +after):\n%s", diff)
	}
	return dest, output, nil
}

func run(t *testing.T, copied, dest string, args ...string) (string, error) {
	t.Helper()
	script := exec.CommandContext(t.Context(), filepath.Join(copied, "services/deploy/systemd/install.sh"), args...) //nolint:gosec // ours
	script.Env = append(os.Environ(), "DESTDIR="+dest)
	out, err := script.CombinedOutput()
	return string(out), err
}

// settings are the files below /etc/tasklane.
func settings(t *testing.T, dest string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dest, "etc", "tasklane", "*"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, file := range files {
		all[filepath.Base(file)] = repotest.Read(t, file)
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %v, want 0600", file, mode)
		}
	}
	return all
}

func TestInstall_CreatesSecretsAndUnits(t *testing.T) {
	t.Parallel()
	dest, output, err := install(t, "https://tasks.example.com")
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	got := settings(t, dest)
	if !strings.Contains(got["tasklane.env"], "\nPUBLIC_URL=https://tasks.example.com\n") {
		t.Errorf("tasklane.env is\n%s", got["tasklane.env"])
	}
	var passwords []string
	for _, role := range []string{"owner", "auth", "app"} {
		password := strings.TrimSpace(got[role+"-password"])
		if want := "postgres://tasklane_" + role + ":" + password + "@127.0.0.1:5432/tasklane?sslmode=disable\n"; got[role+"-url"] != want {
			t.Errorf("%s-url is %q, want %q", role, got[role+"-url"], want)
		}
		passwords = append(passwords, password)
	}
	passwords = append(passwords, strings.TrimSpace(got["better-auth-secret"]))
	slices.Sort(passwords)
	if len(slices.Compact(passwords)) != 4 || len(passwords[0]) != 64 {
		t.Errorf("the secrets are %v", passwords)
	}
	for _, secret := range passwords {
		if strings.Contains(output, secret) {
			t.Error("install.sh prints a secret")
		}
	}
	if tests, err := filepath.Glob(filepath.Join(dest, "opt/tasklane/auth/*.test.mjs")); err != nil || len(tests) > 0 {
		t.Errorf("%v, %v are installed", tests, err)
	}
	leftovers, err := filepath.Glob(filepath.Join(dest, "opt/tasklane/*.[no][el][wd]"))
	if diff := cmp.Diff([]string{filepath.Join(dest, "opt/tasklane/page.old")}, leftovers); err != nil || diff != "" {
		t.Errorf("left over (-want +got):\n%s%v", diff, err)
	}
	for _, path := range []string{"bin/tasks", "bin/bff", "page/index.html", "auth/server.mjs", "auth/node_modules/better-auth/package.json", "run"} {
		if _, err := os.Stat(filepath.Join(dest, "opt/tasklane", path)); err != nil {
			t.Error(err)
		}
	}
	checkUnits(t, dest)
}

// TestRun_SetsTheEnvironmentOfTheUnit expects the addresses and secrets that the unit sets.
func TestRun_SetsTheEnvironmentOfTheUnit(t *testing.T) {
	t.Parallel()
	dest, output, err := install(t, "https://tasks.example.com")
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	own := filepath.Join(dest, "etc/tasklane/tasklane.env")
	write(t, own, repotest.Read(t, own)+"MAIL_FROM=\"Tasklane <tasks@example.com>\"\n")
	const show = "#!/bin/sh\necho \"got $*\"\nenv\n"
	for _, program := range []string{"bin/tasks", "bin/bff", "node"} {
		write(t, filepath.Join(dest, "opt/tasklane", program), show)
	}
	assignment := regexp.MustCompile(`\b([A-Z_]+(?:_URL|_FILE|ISSUER))=(\S+)`)
	for part, command := range map[string]string{"tasks": "purge", "bff": "doctor", "auth": "new-keys"} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			run := exec.CommandContext(t.Context(), filepath.Join(dest, "opt/tasklane/run"), part, command) //nolint:gosec // ours
			run.Env = []string{"DESTDIR=" + dest, "PATH=" + filepath.Join(dest, "opt/tasklane") + ":" + os.Getenv("PATH")}
			out, err := run.CombinedOutput()
			if err != nil || !regexp.MustCompile(`(?m)^got .*\b`+command+`$`).Match(out) {
				t.Fatalf("%v\n%s", err, out)
			}
			env := "\n" + string(out)
			unit := repotest.Read(t, filepath.Join(dest, "etc/systemd/system/tasklane-"+part+".service"))
			wants := []string{"MAIL_FROM=Tasklane <tasks@example.com>"}
			for _, set := range assignment.FindAllStringSubmatch(unit, -1) {
				value := strings.NewReplacer("%d", filepath.Join(dest, "etc/tasklane"), "${PUBLIC_URL}", "https://tasks.example.com").Replace(set[2])
				wants = append(wants, set[1]+"="+value)
			}
			for _, want := range wants {
				if !strings.Contains(env, "\n"+want+"\n") {
					t.Errorf("%s is missing in%s", want, env)
				}
			}
		})
	}
	usage := exec.CommandContext(t.Context(), filepath.Join(dest, "opt/tasklane/run")) //nolint:gosec // ours
	usage.Env = append(os.Environ(), "DESTDIR="+dest)
	if out, err := usage.CombinedOutput(); err == nil || !strings.Contains(string(out), "run tasks doctor") {
		t.Errorf("without a command: %v %s", err, out)
	}
}

// TestInstall_ReplacesEmptyFiles runs install.sh again after a full disk has left the settings
// and a secret empty.
func TestInstall_ReplacesEmptyFiles(t *testing.T) {
	t.Parallel()
	etc := filepath.Join("etc", "tasklane")
	copied, dest := checkout(t), t.TempDir()
	write(t, filepath.Join(dest, etc, "better-auth-secret"), "")
	write(t, filepath.Join(dest, etc, "tasklane.env"), "")
	if output, err := run(t, copied, dest, "https://tasks.example.com"); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if secret := repotest.Read(t, filepath.Join(dest, etc, "better-auth-secret")); len(secret) != 65 {
		t.Errorf("the secret is %q", secret)
	}
	if settings := repotest.Read(t, filepath.Join(dest, etc, "tasklane.env")); !strings.Contains(settings, "\nPUBLIC_URL=https://tasks.example.com\n") {
		t.Errorf("the settings are %q", settings)
	}
}

func TestInstall_RequiresTheAddress(t *testing.T) {
	t.Parallel()
	if _, output, err := install(t); err == nil || !strings.HasPrefix(output, "usage: ") {
		t.Errorf("without an address: %v %s", err, output)
	}
}

// sources are the directories whose code reads the units' environment.
var sources = map[string][]string{
	"migrate": {"services/tasks/cmd/tasks"},
	"tasks":   {"services/tasks/cmd/tasks", "services/httpapi"},
	"bff":     {"bff/cmd/bff", "services/httpapi"},
	"auth":    {"services/auth"},
}

// checkUnits checks the units, also with systemd where it is installed.
func checkUnits(t *testing.T, dest string) {
	t.Helper()
	units, err := filepath.Glob(filepath.Join(dest, "etc/systemd/system/tasklane-*.service"))
	if err != nil || len(units) != len(sources) {
		t.Fatal(units, err)
	}
	for _, unit := range units {
		text := repotest.Read(t, unit)
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(unit), "tasklane-"), ".service")
		wants := []string{
			"DynamicUser=yes", "NoNewPrivileges=yes", "ProtectSystem=strict", "WantedBy=multi-user.target",
			// systemd otherwise gives up after five attempts in ten seconds.
			"StartLimitIntervalSec=0",
			// Without it, a call outside the filter kills the process, such as pkey_alloc of Node.
			"SystemCallErrorNumber=EPERM",
		}
		if strings.Contains(text, "\nRequires=") {
			t.Errorf("%s does not start if a unit that it requires has failed once", name)
		}
		if name == "migrate" {
			wants = append(wants, "Restart=on-failure")
		} else {
			// By default, the journal drops lines of a service that writes more than 333 a second.
			wants = append(wants, "LogRateLimitIntervalSec=0", "Restart=always")
		}
		for _, want := range wants {
			if !strings.Contains(text, "\n"+want+"\n") {
				t.Errorf("%s lacks %s", name, want)
			}
		}
		for _, match := range regexp.MustCompile(`LoadCredential=[\w-]+:(\S+)`).FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(dest, match[1])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		var code string
		for _, dir := range sources[name] {
			code += repotest.Source(t, filepath.Join(repotest.Root(t), dir))
		}
		for _, match := range regexp.MustCompile(`(?m)^(?:Environment=|ExecStart=/usr/bin/env ).*$`).FindAllString(text, -1) {
			for _, variable := range regexp.MustCompile(`\b([A-Z_]+)=`).FindAllStringSubmatch(match, -1) {
				known := strings.TrimSuffix(variable[1], "_FILE")
				if known != "GOMEMLIMIT" && known != "NODE_ENV" && !regexp.MustCompile(`\b`+known+`\b`).MatchString(code) {
					t.Errorf("%s sets %s, which nothing reads", name, variable[1])
				}
			}
		}
		// Paths below dest, because systemd-analyze checks that the programs exist.
		write(t, unit, strings.ReplaceAll(text, "/opt/tasklane", filepath.Join(dest, "opt/tasklane")))
	}
	verify, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Log("LEFT OUT: systemd-analyze is not installed, so the units were not verified by systemd")
		return
	}
	if out, err := exec.CommandContext(t.Context(), verify, append([]string{"verify", "--man=no"}, units...)...).CombinedOutput(); err != nil || len(out) > 0 { //nolint:gosec // systemd's
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // of a test
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil { //nolint:gosec // of a test
		t.Fatal(err)
	}
}

// TestUpgrade_ServesDuringMigrations checks the order of the commands in OPERATIONS.md. Each
// restart waits until the server is ready, because a task service that starts before Better
// Auth is ready has no keys.
func TestUpgrade_ServesDuringMigrations(t *testing.T) {
	t.Parallel()
	_, page, found := strings.Cut(repotest.Read(t, filepath.Join(repotest.Root(t), "OPERATIONS.md")), "\n## Upgrade and roll back\n")
	page, _, ends := strings.Cut(page, "\n## ")
	if !found || !ends {
		t.Fatal("OPERATIONS.md has no section about upgrades")
	}
	steps := regexp.MustCompile(`(?m)^sudo (?:systemctl restart|/opt/tasklane/run) ([a-z -]+[a-z](?:; ready \d+)?)`).FindAllStringSubmatch(page, -1)
	var got []string
	for _, step := range steps {
		got = append(got, step[1])
	}
	want := []string{"tasks migrate", "tasklane-auth; ready 3001", "tasklane-tasks; ready 9090", "tasklane-bff; ready 9091", "tasks migrate"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the steps of an upgrade (-want +got):\n%s", diff)
	}
}
