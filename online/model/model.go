package model

import "github.com/seed-7adb9000/diarizer/segment"

// Model is what training produces and everything at run time needs: the UBM,
// the factor loadings and the settings that belong to them. M is the number of
// Gaussians, d the feature dimension, ν and μ the numbers of eigenvoices and
// eigenchannels. A Model is immutable once in use and safe to share.
type Model struct {
	// Features are the settings of the front end that the model was trained on.
	Features segment.FeatureConfig
	// Weights are c_k, of length M.
	Weights []float64
	// Means and Vars are m_k and the diagonals of C_k, M×d by rows.
	Means, Vars []float64
	// V holds the eigenvoices, (M·d)×ν by rows: row k·d + i is row i of V_k.
	V []float64
	// U holds the eigenchannels, (M·d)×μ by rows; empty where μ = 0.
	U []float64
	// Nu and Mu are ν and μ.
	Nu, Mu int
	// Phi is φ, which scales frame counts to count independent frames.
	Phi float64
}
