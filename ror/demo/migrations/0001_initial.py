from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="SentMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sent_at", models.DateTimeField(auto_now_add=True, verbose_name="envoyé le")),
                ("sender", models.CharField(max_length=254, verbose_name="expéditeur")),
                ("recipients", models.TextField(verbose_name="destinataires")),
                ("subject", models.CharField(max_length=998, verbose_name="objet")),
                ("body", models.TextField(verbose_name="texte")),
            ],
            options={
                "verbose_name": "courriel envoyé",
                "verbose_name_plural": "courriels envoyés",
                "ordering": ["-sent_at", "-pk"],
            },
        ),
    ]
