import ganeval


def test_evaluate(folders):
    report = ganeval.evaluate(*folders, extractor="pixels", metrics=["fd", "pr", "dc", "kid"])
    assert report["fd"].value > 0
    assert ganeval.Report.from_json(report.to_json()) == report
