"""The failure lab: small trainings that fail, are named, and are cured by turning a knob.

python -m reference_models lab                       # what there is
python -m reference_models lab ratios                # figure, numbers, three sentences, a score to beat
python -m reference_models lab ratios --set lr=1e-3,r1=0.1 --seed 3 --lang ko
"""
