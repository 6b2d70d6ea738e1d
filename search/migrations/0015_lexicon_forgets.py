from django.db import migrations

from search.indexing.forgetting_sql import FORGET_WORDS, KEEP_WORDS


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0014_alerts_remember'),
    ]

    operations = [
        migrations.RunSQL(FORGET_WORDS, KEEP_WORDS),
    ]
