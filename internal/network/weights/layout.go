package weights

import (
	"fmt"
	"io"
)

// Layout says which files hold the weights of one network.
type Layout struct {
	// Format is what the metadata of a file must name.
	Format string
	// Most is the size of the largest file in bytes.
	Most int
	// Bad is wrapped by every error about a file that does not hold the weights.
	Bad error
	// Script is the directory of the script that writes such files.
	Script string
}

// Load reads the bytes of a file, one more than Most at the most. Its error names the file
// as name.
func (l Layout) Load(r io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(l.Most)+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}

// Parse has build take the tensors of a file and returns the fingerprint of the file. Its
// errors name the file as name, say what was found and what was expected, and wrap Bad.
func (l Layout) Parse(data []byte, name string, build func(*File)) (fingerprint string, err error) {
	if fingerprint, err = l.parse(data, build); err != nil {
		return "", fmt.Errorf("%s: %w: %s; expected a file that %s wrote", name, l.Bad, OneLine(err), l.Script)
	}
	return fingerprint, nil
}

func (l Layout) parse(data []byte, build func(*File)) (string, error) {
	if len(data) > l.Most {
		return "", fmt.Errorf("more than %d bytes", l.Most)
	}
	file, err := Open(data, l.Format)
	if err != nil {
		return "", err
	}
	build(file)
	return file.Fingerprint(), file.Close()
}
