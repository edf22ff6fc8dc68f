package taskapi

import (
	"archive/zip"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestLoadZone_AcceptsOnlyNamesOfTheDatabase(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"UTC": "UTC", "utc": "UTC", "Europe/Berlin": "Europe/Berlin", "europe/berlin": "Europe/Berlin", "AMERICA/PORT-AU-PRINCE": "America/Port-au-Prince",
		"asia/calcutta": "Asia/Calcutta", "etc/gmt-14": "Etc/GMT-14", "est5edt": "EST5EDT", "Antarctica/mcmurdo": "Antarctica/McMurdo",
	} {
		if zone, err := LoadZone(name); err != nil || zone.String() != want {
			t.Errorf("LoadZone(%q) = %v, %v; want %s", name, zone, err, want)
		}
	}
	for _, name := range []string{
		"", "Local", "local", "localtime", "posixrules", "right/Europe/Berlin", "posix/Europe/Berlin", "Etc/Unknown", "PST", "+02:00", "UTC+3",
		"Europe/Atlantis", "Europe", "Europe/", " UTC", "UTC\n", "Europe/Berlin\x00", "../Europe/Berlin", "/etc/localtime", "Eur\u00f4pe/Berlin",
	} {
		if zone, err := LoadZone(name); err == nil {
			t.Errorf("LoadZone(%q) = %v, want an error", name, zone)
		}
	}
}

func TestLoadZone_LoadsAZoneOnce(t *testing.T) {
	t.Parallel()
	first, err := LoadZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := LoadZone("europe/berlin"); err != nil || again != first {
		t.Errorf("LoadZone returned another value, or the error %v", err)
	}
}

// TestZoneNamesAreThoseOfGo fails if Go's time zone database has a name that zones.txt
// lacks. Then rewrite zones.txt from the database's list of files.
func TestZoneNamesAreThoseOfGo(t *testing.T) {
	t.Parallel()
	for _, file := range zoneFiles(t) {
		if strings.HasSuffix(file.Name, "/") {
			continue
		}
		if zone, err := LoadZone(strings.ToUpper(file.Name)); err != nil || zone.String() != file.Name {
			t.Errorf("LoadZone(%q) = %v, %v", strings.ToUpper(file.Name), zone, err)
		}
	}
}

// zoneFiles returns the entries of Go's time zone database.
func zoneFiles(t *testing.T) []*zip.File {
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output() // runtime.GOROOT is empty with -trimpath
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = archive.Close() })
	return archive.File
}
